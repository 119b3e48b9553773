"""A training run from its configuration: what `main` does after the flags."""

import pathlib
import shutil

import jax
import ml_collections
import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import batches, subset
from data_pipeline.errors import InputError
from instgan_jax.build import data, gan, methods, schedule
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.evaluation import evaluation, variety
from instgan_jax.evaluation import generated_images as pictures_lib
from instgan_jax.runtime import devices
from instgan_jax.train import best, loop, preview, warm_start


def run(config: ml_collections.ConfigDict, workdir: pathlib.Path) -> None:
  """Trains `config` in `workdir`, or continues what was begun there.

  Whatever can be wrong with the input is looked for before the first step. At
  the end the picture to open is named.

  Args:
    config: see configs/cityscapes_l.py, where every field is explained.
    workdir: is made if it is missing.

  Raises:
    InputError: for wrong input.
    exits.Stopped: after SIGTERM or Ctrl-C, once the state is saved.
    metrics.NonFiniteError: if the training diverged.
  """
  gan.check(config)
  make_folder(workdir)
  run_config.check(workdir, config)
  networks = gan.networks(config, axis_name=devices.AXIS_NAME)
  scenes = data.source(config, 'train')
  val_scenes = data.source(config, 'val')
  optimizers = gan.optimizers(config, len(scenes))

  abstract_state = gan.abstract_state(config, networks, optimizers)
  check_space(workdir, abstract_state)
  if config.init_from:
    initial = networks.load(config.init_from)
    warm_start.check(abstract_state, initial, config.init_from)

  def start():
    state = gan.initial_state(config, networks, optimizers)
    return warm_start.place(state, initial) if config.init_from else state

  _check_sample_scenes(config.sample_scenes, len(val_scenes))
  draw = preview.make_draw(networks.generator, networks.latent_shape)
  samples = loop.Samples(
    batch=next(_eval_batches(config, val_scenes, config.sample_scenes)),
    draw=draw,
    num_draws=2 if networks.has_styles else 1,
  )
  measured = range(min(config.num_measured_scenes, len(val_scenes)))
  evaluators = []
  if measured:
    batches = _eval_batches(config, val_scenes, measured)
    run_variety = variety.make_variety_evaluator(draw, batches)
    evaluators.append(loop.Evaluator(run_variety, config.sample_every_steps))
  if config.eval.metrics:
    evaluators.append(_evaluator(config, workdir, draw))

  with manager.Checkpoints(
    workdir,
    keep_last=config.keep_checkpoints,
    keep_every_steps=config.keep_every_steps,
  ) as checkpoints:
    if jax.process_index() == 0:
      run_config.save(workdir, config)
      print(_greeting(config, abstract_state, len(scenes)), flush=True)
      if config.init_from and checkpoints.latest_step() is None:
        source = config.init_from
        print(warm_start.summary(abstract_state, initial, source))
    _, figures = loop.train(
      workdir=workdir,
      checkpoints=checkpoints,
      initialize=start,
      abstract_state=abstract_state,
      train_step=gan.train_step(
        config, networks, optimizers, axis_name=devices.AXIS_NAME
      ),
      make_batches=lambda step: data.train_batches(
        config, scenes, start_step=step
      ),
      cadence=gan.intervals(config, len(scenes)),
      samples=samples,
      evaluators=tuple(evaluators),
    )
  if jax.process_index() == 0:
    print(_farewell(workdir, figures), flush=True)


def _evaluator(config, workdir: pathlib.Path, draw) -> loop.Evaluator:
  """The measures of `config.eval`, which also keep the best checkpoint."""
  options = config.eval
  metrics = tuple(options.metrics.split(','))
  if options.every_steps < 1:
    raise InputError(
      f'eval.every_steps is {options.every_steps}, it must be at least 1.'
    )
  if options.best and options.best not in metrics:
    raise InputError(
      f'eval.best is {options.best!r}, which eval.metrics '
      f'{options.metrics!r} do not measure: add it there.'
    )
  evaluation = evaluation.Evaluation(
    lambda split: data.source(config, split),
    options.check(
      options.Options(
        metrics=metrics,
        inception=options.inception,
        segmenter=options.segmenter,
        num_scenes=options.num_scenes,
        batch_size=len(config.sample_scenes),
      )
    ),
  )

  def run(variables) -> dict[str, float]:
    pictures = pictures_lib.of_function(
      lambda batch, seed: draw(variables, batch, seed), config
    )
    figures = evaluation.run(pictures)['figures']
    means = {name: figure['mean'] for name, figure in figures.items()}
    return {name: x for name, x in means.items() if np.isfinite(x)}

  on_figures = {}
  if options.best:
    on_figures['on_figures'] = best.Best(workdir, options.best).offer
  return loop.Evaluator(run, options.every_steps, **on_figures)


def _eval_batches(config, scenes: batch_lib.Source, indices):
  """Batches of the chosen scenes; one size for all, so one compilation."""
  return batches.eval_batches(
    subset.Subset(scenes, tuple(indices)),
    batch_size=len(config.sample_scenes),
  )


def _check_sample_scenes(indices, num_scenes: int) -> None:
  if not indices or not all(0 <= index < num_scenes for index in indices):
    raise InputError(
      f'sample_scenes is {tuple(indices)}, expected some of 0 to '
      f'{num_scenes - 1}, for the val split has {num_scenes} scenes: set '
      "--config.sample_scenes, for example '(0,)'."
    )


def make_folder(workdir: pathlib.Path) -> None:
  """Makes a workdir; raises InputError if nothing can be written there."""
  try:
    workdir.mkdir(parents=True, exist_ok=True)
    probe = workdir / '.writable'
    probe.touch()
    probe.unlink(missing_ok=True)
  except OSError as error:
    raise InputError(
      f'The workdir {workdir} cannot be written: {error.strerror}. Choose '
      'another --workdir.'
    ) from error


def check_space(workdir: pathlib.Path, state) -> None:
  """Refuses a disk without room for two checkpoints and the pictures."""
  state_bytes = sum(
    np.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(state)
  )
  needed = 2 * state_bytes + 64 * 2**20
  free = shutil.disk_usage(workdir).free
  if free < needed:
    raise InputError(
      f'No space left in {workdir}: two checkpoints need '
      f'{needed / 2**20:.0f} MiB, {free / 2**20:.0f} MiB are free. Free some, '
      'or choose another --workdir.'
    )


def _greeting(config, state, num_scenes: int) -> str:
  def millions(tree) -> str:
    size = sum(np.prod(leaf.shape) for leaf in jax.tree.leaves(tree))
    return f'{size / 1e6:.2f} M'

  perceptual = (
    'on'
    if config.vgg19_weights
    else 'off: no VGG19 weights are given (--config.vgg19_weights)'
  )
  return (
    f'Method {methods.name(config)} at {config.data.height}x'
    f'{config.data.width}: generator {millions(state.g_params)} parameters, '
    f'discriminator {millions(state.d_params)}.\n'
    f'{num_scenes} train scenes, batch {config.batch_size} on '
    f'{jax.device_count()} {jax.default_backend()} device(s), '
    f'{schedule.num_steps(config, num_scenes)} steps in {config.dtype}.\n'
    f'Perceptual loss {perceptual}.'
  )


def _farewell(workdir: pathlib.Path, figures: dict[str, float]) -> str:
  lines = []
  if figures.get('micv_car_real'):
    share = figures['micv_car'] / figures['micv_car_real']
    lines.append(
      f'MICV of cars {figures["micv_car"]:.3f}, of the real images '
      f'{figures["micv_car_real"]:.3f} ({share:.2f} of it).'
    )
  if figures.get('change_outside'):
    times = figures['change_inside'] / figures['change_outside']
    lines.append(
      'Between two draws the pixels inside instances change '
      f'{times:.0f} times as much as those outside.'
    )
  newest = max((workdir / 'samples').glob('*.png'))
  lines.append(f'Open {newest} to see what it draws.')
  return '\n'.join(lines)
