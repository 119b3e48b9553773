"""The paper's experiment: three methods, several seeds, one table.

Every run has a folder, METHOD_seedN, in the experiment's. A run or measure
that is complete is not made again, so that the same command continues.
"""

import copy
import dataclasses
import functools
import json
import pathlib

import ml_collections
import tqdm

from data_pipeline import batch as batch_lib
from data_pipeline import batches, subset
from data_pipeline.errors import InputError
from instgan_jax.build import data, schedule
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.commands import evaluate, train
from instgan_jax.evaluation import evaluation, options, paper_table, report
from instgan_jax.evaluation import generated_images as pictures_lib
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.visualization import image_grid

METHODS = {
  'L': {'use_instances': False, 'use_position_map': False},
  'L+I': {'use_instances': True, 'use_position_map': False},
  'L+I+P': {'use_instances': True, 'use_position_map': True},
}
RESULTS_FILE = 'evaluation.json'


def run_folder(workdir: pathlib.Path, method: str, seed: int) -> pathlib.Path:
  """Where a run of the experiment lies."""
  return workdir / f'{method.replace("+", "").lower()}_seed{seed}'


def run_config(
  config: ml_collections.ConfigDict, method: str, seed: int
) -> ml_collections.ConfigDict:
  """The configuration of one run: only method and seed differ."""
  config = copy.deepcopy(config)
  config.model.update(METHODS[method])
  config.seed = seed
  return config


def reproduce(
  config: ml_collections.ConfigDict,
  workdir: pathlib.Path,
  *,
  num_seeds: int,
  options: options.Options,
) -> str:
  """Trains and evaluates every method with every seed; writes the results.

  Args:
    config: of any of the methods.
    workdir: the experiment's folder. `table1.md`, `table1.json` and
      `figure7.png` are written there.
    num_seeds: seeds 0, 1, ... for each method.
    options: how to measure; checked.

  Returns:
    The table and where the figure is.

  Raises:
    InputError: if there is no seed, or as `training.run`.
  """
  if num_seeds < 1:
    raise InputError(f'--seeds is {num_seeds}, expected at least 1.')
  evaluation = evaluation.Evaluation(
    functools.partial(evaluate.data_set, config), options
  )
  results = {method: [] for method in METHODS}
  runs = [(method, seed) for seed in range(num_seeds) for method in METHODS]
  for method, seed in tqdm.tqdm(runs, desc='Runs', unit='run'):
    folder = run_folder(workdir, method, seed)
    _train(run_config(config, method, seed), folder)
    results[method].append(_evaluate(evaluation, folder, options))
  table = paper_table.summary(results)
  text = paper_table.markdown(table)
  (workdir / 'table1.md').write_text(text + '\n')
  report.save_json(
    workdir / 'table1.json',
    {'table': table, 'protocol': results['L'][0]['protocol']},
  )
  _draw_figure(config, workdir)
  return f'{text}\n\nOpen {workdir / "figure7.png"} to see what they draw.'


def _train(config: ml_collections.ConfigDict, folder: pathlib.Path) -> None:
  """Makes a run, or what is missing of it."""
  run_config.check(folder, config)
  num_steps = schedule.num_steps(config, len(data.source(config, 'train')))
  is_begun = (folder / run_config.CONFIG_FILE).exists()
  if not is_begun or manager.last_step(folder) != num_steps:
    train.run(config, folder)


def _evaluate(evaluation, folder: pathlib.Path, options) -> dict:
  """The results of one run, made or read."""
  path = folder / RESULTS_FILE
  key = {**dataclasses.asdict(options), 'step': manager.last_step(folder)}
  key = json.loads(json.dumps(key))
  if path.exists():
    results = json.loads(path.read_text())
    if results['options'] == key:
      return results
  sampler = sampler_lib.Sampler.from_folder(str(folder))
  pictures = pictures_lib.from_sampler(sampler, options.seed, folder.name)
  results = evaluation.run(pictures)
  report.save_json(path, {**results, 'options': key})
  return json.loads(path.read_text())


def _draw_figure(config, workdir: pathlib.Path) -> None:
  """The methods side by side, of the first seed."""
  chosen = tuple(config.sample_scenes)
  scenes = subset.Subset(data.source(config, 'val'), chosen)
  batch = next(batches.eval_batches(scenes, batch_size=len(chosen)))
  pictures = {'real image': batch[batch_lib.IMAGE]}
  for method in METHODS:
    folder = run_folder(workdir, method, 0)
    sampler = sampler_lib.Sampler.from_folder(str(folder))
    pictures[method] = sampler.draw_batch(batch, seed=0)
  sheet = image_grid.comparison_grid(
    label_maps=batch[batch_lib.LABEL_MAP],
    instance_maps=batch[batch_lib.INSTANCE_MAP],
    pictures=pictures,
  )
  image_grid.save_png(workdir / 'figure7.png', sheet)
