"""A training run of the GAN from its configuration: `instgan_jax.main`."""

import pathlib
from collections.abc import Callable
from typing import Any

import jax
import ml_collections
import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import scenes as scenes_lib
from data_pipeline import subset, unknown_instances
from data_pipeline.errors import InputError
from instgan_jax.build import data, gan, methods, ranges, schedule
from instgan_jax.checkpoints import manager, networks, run_config
from instgan_jax.cli import options as cli_options
from instgan_jax.commands import workdir as workdir_lib
from instgan_jax.evaluation import evaluation as evaluation_lib
from instgan_jax.evaluation import generated_images
from instgan_jax.evaluation import options as options_lib
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import devices
from instgan_jax.train import best, loop, step_profile, warm_start
from instgan_jax.train import state as state_lib
from instgan_jax.visualization import image_grid

# Pixels times channels. Toy streets of 64x128 have half as many.
_LARGE = 2**18


def is_small(config: ml_collections.ConfigDict) -> bool:
  """Whether the operations of the networks leave cores of a CPU free.

  Raises:
    InputError: for values that no run could use.
  """
  ranges.check(config, ranges.GAN, 'instgan_jax.main')
  pixels = config.data.height * config.data.width
  return pixels * config.model.base_channels < _LARGE


def run(config: ml_collections.ConfigDict, workdir: pathlib.Path) -> None:
  """Trains `config` in `workdir`, or continues what was begun there.

  All that can be wrong with the input is checked before the first step. At
  the end the sample grid to open is named.

  Args:
    config: see configs/cityscapes_l.py, where every field is explained.
    workdir: is made if it is missing.

  Raises:
    InputError: for wrong input.
    exits.Stopped: after SIGTERM or Ctrl-C, once the state is saved.
    metrics.NonFiniteError: if the training diverged.
  """
  gan.check(config)
  profiled_steps = step_profile.steps(config.profile)
  config = data.with_label_table(config)
  workdir_lib.make(workdir)
  notice = run_config.check(workdir, config)
  modules = gan.networks(config, axis_name=devices.AXIS_NAME)
  vgg19_variables = gan.vgg19_variables(config)
  scenes, val_scenes = data.training_source(config), data.source(config, 'val')
  optimizers = gan.optimizers(config, len(scenes))
  abstract_state = gan.abstract_state(config, modules, optimizers)
  workdir_lib.check_space(workdir, abstract_state)
  initial = _initial_weights(config, abstract_state)

  def initialize() -> state_lib.GanState:
    state = gan.initial_state(config, modules, optimizers)
    return warm_start.apply(state, initial) if initial else state

  sampler_of = _sampler_of(config, abstract_state)
  if config.fast_compilation:
    devices.compile_fast()
  with manager.Checkpoints(
    workdir,
    keep_last=config.keep_checkpoints,
    keep_every_steps=config.keep_every_steps,
  ) as checkpoints:
    job = loop.Run(
      workdir=workdir,
      checkpoints=checkpoints,
      initialize=initialize,
      abstract_state=abstract_state,
      train_step=gan.train_step(
        config, modules, optimizers, axis_name=devices.AXIS_NAME
      ),
      make_batches=lambda step: data.train_batches(
        config, scenes, start_step=step
      ),
      intervals=loop.Intervals(
        num_steps=schedule.num_steps(config, len(scenes)),
        log_every_steps=config.log_every_steps,
        sample_every_steps=config.sample_every_steps,
        checkpoint_every_steps=config.checkpoint_every_steps,
      ),
      frozen=vgg19_variables,
      sample=_sample_grid(config, val_scenes, sampler_of),
      evaluators=_evaluators(config, workdir, sampler_of),
      profiled_steps=profiled_steps,
    )
    if jax.process_index() == 0:
      run_config.save(workdir, config)
      print(_introduction(config, abstract_state, len(scenes)), flush=True)
      if line := unknown_instances.summary(scenes):
        print(line)
      if notice:
        print(notice)
      if initial and checkpoints.latest_step() is None:
        print(warm_start.summary(abstract_state, initial, config.init_from))
    _, metrics = loop.train(job)
  if jax.process_index() == 0:
    print(_conclusion(workdir, metrics), flush=True)


def _initial_weights(
  config: ml_collections.ConfigDict, abstract_state: state_lib.GanState
) -> dict[str, Any] | None:
  """The weights of `config.init_from`, checked; None without it."""
  if not config.init_from:
    return None
  weights = networks.load(config.init_from)
  warm_start.check(abstract_state, weights, config.init_from)
  return weights


def _sampler_of(
  config: ml_collections.ConfigDict, abstract_state: state_lib.GanState
) -> Callable[[Any], sampler_lib.Sampler]:
  """A function `variables -> Sampler`; all of them share one program."""
  shapes = state_lib.generator_variables(abstract_state)
  sampler = sampler_lib.Sampler(
    config,
    jax.tree.map(lambda leaf: np.zeros(leaf.shape, leaf.dtype), shapes),
    batch_size=sampler_lib.default_batch_size(),
  )
  return sampler.with_variables


def _sample_grid(
  config: ml_collections.ConfigDict,
  val_scenes: batch_lib.Source,
  sampler_of: Callable[[Any], sampler_lib.Sampler],
) -> Callable[[Any], np.ndarray]:
  """A function `variables -> grid` of the scenes `config.sample_scenes`."""
  scenes = sample_scenes(config, val_scenes)
  seeds = (0, 1) if methods.has_styles(config) else (0,)

  def sample(variables: Any) -> np.ndarray:
    sampler = sampler_of(variables)
    generated = {
      f'generated, seed {seed}': generated_images.generate(
        sampler, scenes, seed
      )
      for seed in seeds
    }
    return image_grid.image_grid(
      label_maps=scenes.label_maps,
      instance_maps=scenes.instance_maps,
      images={'real image': scenes.images, **generated},
      label_table=val_scenes.label_table,
      names=scenes.names,
    )

  return sample


def sample_scenes(
  config: ml_collections.ConfigDict, val_scenes: batch_lib.Source
) -> scenes_lib.Scenes:
  """The scenes of the sample grid.

  Raises:
    InputError: unless `config.sample_scenes` are scenes of the val split.
  """
  indices = tuple(config.sample_scenes)
  if not indices or not all(0 <= i < len(val_scenes) for i in indices):
    raise InputError(
      f'sample_scenes is {indices}, expected some of 0 to '
      f'{len(val_scenes) - 1}, for the val split has {len(val_scenes)} scenes: '
      "set --config.sample_scenes, for example '(0,)'."
    )
  chosen = subset.Subset(val_scenes, indices)
  return next(scenes_lib.read_scenes(chosen, len(indices)))


def _evaluators(
  config: ml_collections.ConfigDict,
  workdir: pathlib.Path,
  sampler_of: Callable[[Any], sampler_lib.Sampler],
) -> tuple[loop.Evaluator, ...]:
  """The evaluation of `config.eval`, which also keeps the best checkpoint."""
  fields = config.eval
  if not fields.metrics and not fields.best:
    return ()
  if fields.every_steps < 1:
    raise InputError(
      f'eval.every_steps is {fields.every_steps}, it must be at least 1.'
    )
  options = options_lib.complete(
    cli_options.from_config(fields, options_lib.Options),
    prefix='--config.eval.',
  )
  if fields.best and fields.best not in options.metrics:
    raise InputError(
      f'eval.best is {fields.best!r}, which eval.metrics {fields.metrics!r} '
      'do not have: add it there.'
    )
  evaluation = evaluation_lib.Evaluation(
    lambda split: data.source(config, split), options
  )

  def evaluate(variables: Any) -> dict[str, float]:
    images = generated_images.from_sampler(
      sampler_of(variables), options.seed, workdir.name, options.style_of
    )
    return _curves(evaluation.run(images)['metrics'])

  if not fields.best:
    return (loop.Evaluator(evaluate, fields.every_steps),)
  keep = best.Best(workdir, fields.best).offer
  return (loop.Evaluator(evaluate, fields.every_steps, keep),)


def _curves(metrics: dict[str, dict]) -> dict[str, float]:
  """Means by metric, and those of the real images; finite ones only."""
  values = {name: metric['mean'] for name, metric in metrics.items()}
  values |= {
    f'{name}_real': metric['real']
    for name, metric in metrics.items()
    if 'real' in metric
  }
  return {name: x for name, x in values.items() if np.isfinite(x)}


def _introduction(config, state, num_scenes: int) -> str:
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


def _conclusion(workdir: pathlib.Path, metrics: dict[str, float]) -> str:
  lines = []
  if metrics.get('micv_car_real') and 'micv_car' in metrics:
    share = metrics['micv_car'] / metrics['micv_car_real']
    lines.append(
      f'MICV of cars {metrics["micv_car"]:.3f}, of the real images '
      f'{metrics["micv_car_real"]:.3f} ({share:.2f} of it).'
    )
  if metrics.get('style_change_outside') and 'style_change_car' in metrics:
    times = metrics['style_change_car'] / metrics['style_change_outside']
    lines.append(
      'Between two samples the pixels inside cars change '
      f'{times:.0f} times as much as those outside of all instances.'
    )
  newest = max((workdir / 'samples').glob('*.png'))
  lines.append(f'Open {newest} to see what it generates.')
  return '\n'.join(lines)
