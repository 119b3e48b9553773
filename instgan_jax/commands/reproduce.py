"""The paper's experiment: three methods, several seeds, one table.

Every run has a folder, METHOD_seedN, in the experiment's. A run or evaluation
that is complete is not repeated, so that the same command continues.
"""

import dataclasses
import functools
import json
import pathlib

import ml_collections

from data_pipeline import atomic_file, progress
from data_pipeline.errors import InputError
from instgan_jax.build import data, gan, label_table, methods, schedule
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.commands import evaluate, train
from instgan_jax.commands import workdir as workdir_lib
from instgan_jax.evaluation import evaluation as evaluation_lib
from instgan_jax.evaluation import generated_images, paper_table, report
from instgan_jax.evaluation import options as options_lib
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.visualization import image_grid

RESULTS_FILE = 'evaluation.json'
# Results of another one are made again: before 0.2 styles were others.
_RESULTS_FORMAT = 2


def run_folder(workdir: pathlib.Path, method: str, seed: int) -> pathlib.Path:
  """The workdir of a run of the experiment."""
  return workdir / f'{method.replace("+", "").lower()}_seed{seed}'


def method_config(
  config: ml_collections.ConfigDict, method: str, seed: int
) -> ml_collections.ConfigDict:
  """The configuration of one run: only method and seed differ."""
  config = methods.with_method(config, method)
  config.seed = seed
  return config


def run(
  config: ml_collections.ConfigDict,
  workdir: pathlib.Path,
  *,
  num_seeds: int,
  options: options_lib.Options,
) -> str:
  """Trains and evaluates every method with every seed; writes the results.

  Args:
    config: of any of the methods.
    workdir: the experiment's folder. `table1.md`, `table1.json` and
      `figure7.png` are written there.
    num_seeds: seeds 0, 1, ... for each method.
    options: how to evaluate.

  Returns:
    The table and where the figure is.

  Raises:
    InputError: if there is no seed, or as `commands.train.run`.
  """
  if num_seeds < 1:
    raise InputError(f'--seeds is {num_seeds}, expected at least 1.')
  evaluation = evaluation_lib.Evaluation(
    functools.partial(evaluate.data_set, config), options
  )
  results: dict[str, list[dict]] = {method: [] for method in methods.METHODS}
  config = data.with_label_table(config)
  runs = [
    (method, seed) for seed in range(num_seeds) for method in methods.METHODS
  ]
  gan.check(config)
  for method, seed in progress.bar(runs, desc='Runs', unit='run'):
    folder = run_folder(workdir, method, seed)
    _train(method_config(config, method, seed), folder)
    results[method].append(_evaluate(evaluation, folder))
  table = paper_table.summary(results)
  text = paper_table.markdown(table)
  atomic_file.write_text(workdir / 'table1.md', text + '\n')
  report.save_json(
    workdir / 'table1.json',
    {'table': table, 'protocol': results['L'][0]['protocol']},
  )
  _save_figure(config, workdir)
  return f'{text}\n\nOpen {workdir / "figure7.png"} to see what they generate.'


def _train(config: ml_collections.ConfigDict, folder: pathlib.Path) -> None:
  """Trains or resumes one run."""
  run_config.check(folder, config)
  num_steps = schedule.num_steps(config, len(data.source(config, 'train')))
  is_begun = (folder / run_config.FILE).exists()
  if not is_begun or manager.last_step(folder) != num_steps:
    with workdir_lib.locked(folder):
      train.run(config, folder)


def _evaluate(
  evaluation: evaluation_lib.Evaluation,
  folder: pathlib.Path,
) -> dict:
  """The results of one run, computed or read."""
  path, options = folder / RESULTS_FILE, evaluation.options
  key = {
    **dataclasses.asdict(options),
    'step': manager.last_step(folder),
    'format': _RESULTS_FORMAT,
  }
  key = json.loads(json.dumps(key))
  if path.exists():
    results = json.loads(path.read_text())
    if results['options'] == key:
      return results
  images = generated_images.from_sampler(
    _sampler(folder), options.seed, folder.name
  )
  report.save_json(path, {**evaluation.run(images), 'options': key})
  return json.loads(path.read_text())


def _save_figure(
  config: ml_collections.ConfigDict, workdir: pathlib.Path
) -> None:
  """The methods beside each other, of the first seed."""
  scenes = train.sample_scenes(config, data.source(config, 'val'))
  images = {'real image': scenes.images}
  for method in methods.METHODS:
    sampler = _sampler(run_folder(workdir, method, 0))
    images[method] = generated_images.generate(sampler, scenes, seed=0)
  grid = image_grid.image_grid(
    label_maps=scenes.label_maps,
    instance_maps=scenes.instance_maps,
    images=images,
    label_table=label_table.of(config),
    names=scenes.names,
  )
  image_grid.save_png(workdir / 'figure7.png', grid)


def _sampler(folder: pathlib.Path) -> sampler_lib.Sampler:
  return sampler_lib.Sampler.from_folder(
    str(folder), batch_size=sampler_lib.default_batch_size()
  )
