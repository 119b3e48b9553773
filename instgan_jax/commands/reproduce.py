"""The paper's experiment: three methods, several seeds, one table.

Instead of the methods it takes any configurations as rows of the table. Every
run has a folder, ROW_seedN, in the experiment's. A run or evaluation
that is complete is not repeated, so that the same command continues.
"""

import copy
import dataclasses
import functools
import json
import pathlib
import re
from collections.abc import Mapping

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


def run_folder(workdir: pathlib.Path, row: str, seed: int) -> pathlib.Path:
  """The workdir of a run of the experiment."""
  return workdir / f'{row.replace("+", "").lower()}_seed{seed}'


def of_methods(
  config: ml_collections.ConfigDict,
) -> dict[str, ml_collections.ConfigDict]:
  """The paper's rows: the configuration with each of the three methods."""
  return {
    method: methods.with_method(config, method) for method in methods.METHODS
  }


def run(
  rows: Mapping[str, ml_collections.ConfigDict],
  workdir: pathlib.Path,
  *,
  num_seeds: int,
  options: options_lib.Options,
) -> str:
  """Trains and evaluates every row with every seed; writes the results.

  Args:
    rows: configurations by the name of their row, see `of_methods`. They may
      be trained on different data, of the same classes and size; all are
      evaluated on the val split of the first.
    workdir: the experiment's folder. `table1.md`, `table1.json` and
      `figure7.png` are written there.
    num_seeds: seeds 0, 1, ... for each row.
    options: how to evaluate.

  Returns:
    The table and where the figure is.

  Raises:
    InputError: if there is no seed, if rows do not go together, or as
      `commands.train.run`.
  """
  if num_seeds < 1:
    raise InputError(f'--seeds is {num_seeds}, expected at least 1.')
  rows = {row: data.with_label_table(rows[row]) for row in rows}
  check(rows)
  config = next(iter(rows.values()))
  evaluation = evaluation_lib.Evaluation(
    functools.partial(evaluate.data_set, config), options
  )
  results: dict[str, list[dict]] = {row: [] for row in rows}
  runs = [(row, seed) for seed in range(num_seeds) for row in rows]
  for row, seed in progress.bar(runs, desc='Runs', unit='run'):
    folder = run_folder(workdir, row, seed)
    _train(with_seed(rows[row], seed), folder)
    results[row].append(_evaluate(evaluation, folder))
  table = paper_table.summary(results)
  text = paper_table.markdown(table)
  atomic_file.write_text(workdir / 'table1.md', text + '\n')
  protocol = next(iter(results.values()))[0]['protocol']
  report.save_json(
    workdir / 'table1.json', {'table': table, 'protocol': protocol}
  )
  _save_figure(rows, workdir)
  return f'{text}\n\nOpen {workdir / "figure7.png"} to see what they generate.'


def check(rows: Mapping[str, ml_collections.ConfigDict]) -> None:
  """Raises InputError for rows that cannot be run or compared."""
  folders: dict[pathlib.Path, str] = {}
  (first, config), *_ = rows.items()
  for row, other in rows.items():
    if not re.fullmatch(r'[\w.+-]+', row, re.ASCII):
      raise InputError(
        f'The row {row!r} is to name a folder: expected letters, digits and '
        '. + - _ alone.'
      )
    folder = run_folder(pathlib.Path(), row, 0)
    if folder in folders:
      raise InputError(
        f'The rows {folders[folder]} and {row} would have the same folder: '
        'give one another name.'
      )
    folders[folder] = row
    gan.check(other)
    label_table.check_same(
      label_table.of(other), label_table.of(config), f'the row {row}'
    )
    if _size(other) != _size(config):
      raise InputError(
        f'The row {row} is of {_size(other)}, but all rows are evaluated on '
        f'the scenes of {first}, of {_size(config)}: set one data.height and '
        'data.width, for all rows by --config.data.KEY=VALUE.'
      )


def _size(config: ml_collections.ConfigDict) -> str:
  return f'{config.data.height}x{config.data.width}'


def with_seed(
  config: ml_collections.ConfigDict, seed: int
) -> ml_collections.ConfigDict:
  """A copy of a row's configuration for one run: only the seed differs."""
  config = copy.deepcopy(config)
  config.seed = seed
  return config


def _train(config: ml_collections.ConfigDict, folder: pathlib.Path) -> None:
  """Trains or resumes one run."""
  run_config.check(folder, config)
  num_steps = schedule.num_steps(config, len(data.training_source(config)))
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
    if {'style_of': 'instance', **results['options']} == key:
      return results
  images = generated_images.from_sampler(
    _sampler(folder), options.seed, folder.name, options.style_of
  )
  report.save_json(path, {**evaluation.run(images), 'options': key})
  return json.loads(path.read_text())


def _save_figure(
  rows: Mapping[str, ml_collections.ConfigDict], workdir: pathlib.Path
) -> None:
  """The rows of the table beside each other, of the first seed."""
  config = next(iter(rows.values()))
  scenes = train.sample_scenes(config, data.source(config, 'val'))
  images = {'real image': scenes.images}
  for row in rows:
    sampler = _sampler(run_folder(workdir, row, 0))
    images[row] = generated_images.generate(sampler, scenes, seed=0)
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
