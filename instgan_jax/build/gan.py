"""Configuration -> data, modules, optimizers: the only reader of its fields."""

import functools
import importlib
from collections.abc import Iterator

import jax
import jax.numpy as jnp
import ml_collections
import numpy as np
import optax

from data_pipeline import batch as batch_lib
from data_pipeline import batches, in_memory, toy_street
from data_pipeline.cityscapes import folder
from data_pipeline.errors import InputError
from instgan_jax.models import discriminator, encoder
from instgan_jax.models import generator as generator_lib
from instgan_jax.pretrained import load
from instgan_jax.runtime import devices
from instgan_jax.train import loop
from instgan_jax.train import state as state_lib
from instgan_jax.train import step as step_lib

DTYPES = {'float32': jnp.float32, 'bfloat16': jnp.bfloat16}
SOURCES = ('folder', 'tfds', 'toy_street', 'npz')
LOADERS = ('tf_data', 'in_memory')
# Initialization runs once: optimizing it costs more than it saves.
_FAST_COMPILATION = {
  'xla_backend_optimization_level': 0,
  'xla_llvm_disable_expensive_passes': True,
}
_NO_OPTIMIZERS = step_lib.Optimizers(optax.identity(), optax.identity())


def source(config: ml_collections.ConfigDict, split: str) -> batch_lib.Source:
  """The scenes of 'train' or 'val', checked as far as that is cheap."""
  data = config.data
  size = (data.height, data.width)
  if data.source == 'toy_street':
    if data.width != 2 * data.height:
      raise InputError(
        f'data.width {data.width} with data.height {data.height}: toy streets '
        f'are twice as wide as high, set --config.data.width='
        f'{2 * data.height}.'
      )
    num_scenes = data.num_train if split == 'train' else data.num_val
    scenes = toy_street.ToyStreet(
      num_scenes, height=data.height, seed=data.seed, split=split
    )
  elif data.source == 'folder':
    scenes = folder.CityscapesFolder(data.path, split, size=size)
  elif data.source == 'tfds':
    cityscapes = _with_tensorflow('cityscapes', 'data.source=folder')
    scenes = cityscapes.CityscapesTfds(data.path, split, size=size)
  elif data.source == 'npz':
    scenes = in_memory.InMemory.from_npz(f'{data.path}/{split}.npz')
    _check_scene_size(scenes, size, f'{data.path}/{split}.npz')
  else:
    raise _unknown('data.source', data.source, SOURCES)
  if not len(scenes):
    raise InputError(f'The {split} split of {data.source} has no scene.')
  return scenes


def train_batches(
  config: ml_collections.ConfigDict,
  scenes: batch_lib.Source,
  *,
  start_step: int,
) -> Iterator[dict[str, np.ndarray]]:
  """This process's training batches from `start_step` on, endless."""
  options = {
    'batch_size': config.batch_size,
    'seed': config.seed,
    'start_step': start_step,
    'process_index': jax.process_index(),
    'process_count': jax.process_count(),
    'flip': config.data.flip,
  }
  if config.data.loader == 'in_memory':
    if not isinstance(scenes, in_memory.InMemory):
      scenes = in_memory.InMemory(scenes, num_threads=config.data.num_threads)
    return batches.train_batches(scenes, **options)
  if config.data.loader == 'tf_data':
    pipeline = _with_tensorflow('pipeline', 'data.loader=in_memory')
    return pipeline.train_batches(
      scenes, num_threads=config.data.num_threads, **options
    )
  raise _unknown('data.loader', config.data.loader, LOADERS)


def generator(
  config: ml_collections.ConfigDict,
  *,
  axis_name: str | None = None,
  use_spectral_norm: bool = True,
) -> tuple[generator_lib.Generator, tuple[int, int]]:
  """The generator and the shape of an example's latents.

  Args:
    config: of a run.
    axis_name: of the devices, see `models.generator`.
    use_spectral_norm: False for weights into which it is folded.

  Raises:
    InputError: for a value that no generator has.
  """
  model = config.model
  module = generator_lib.Generator(
    num_labels=model.num_labels,
    base_channels=model.base_channels,
    upsampling=model.upsampling,
    image_size=(config.data.height, config.data.width),
    hidden_channels=model.hidden_channels,
    use_edges=model.use_edges,
    use_instances=model.use_instances,
    use_position_map=model.use_position_map,
    num_instances=batch_lib.MAX_INSTANCES,
    style_channels=model.style_channels,
    head_kernel_size=model.head_kernel_size,
    position_frequencies=model.position_frequencies,
    image_style_dim=model.image_style_dim,
    use_spectral_norm=use_spectral_norm,
    axis_name=axis_name,
    dtype=_dtype(config),
    remat=config.remat,
  )
  return module, (batch_lib.MAX_INSTANCES, model.latent_dim)


def networks(
  config: ml_collections.ConfigDict, *, axis_name: str | None = None
) -> step_lib.Networks:
  """The modules, with frozen VGG features where their weights are given."""
  model, dtype = config.model, _dtype(config)
  drawing, latent_shape = generator(config, axis_name=axis_name)
  modules = step_lib.Networks(
    generator=drawing,
    discriminator=discriminator.MultiscaleDiscriminator(
      num_labels=model.num_labels,
      base_channels=config.discriminator.base_channels,
      num_layers=config.discriminator.num_layers,
      num_scales=config.discriminator.num_scales,
      use_edges=model.use_edges,
      dtype=dtype,
    ),
    encoder=encoder.StyleEncoder(
      base_channels=model.encoder_channels,
      style_dim=model.image_style_dim,
      dtype=dtype,
    )
    if model.image_style_dim
    else None,
    vgg19=_vgg19_features(config.vgg19_weights, dtype),
    latent_shape=latent_shape,
  )
  try:
    abstract_state(config, modules, _NO_OPTIMIZERS)
  except ValueError as error:
    raise InputError(
      f'config.model and config.data do not fit each other: {error}'
    ) from error
  return modules


def initial_state(
  config: ml_collections.ConfigDict,
  modules: step_lib.Networks,
  optimizers_: step_lib.Optimizers,
) -> state_lib.GanState:
  """A fresh train state on the default device."""
  initialize = _initializer(config, modules, optimizers_)
  return jax.jit(initialize, compiler_options=_FAST_COMPILATION)()


def abstract_state(
  config: ml_collections.ConfigDict,
  modules: step_lib.Networks,
  optimizers_: step_lib.Optimizers,
) -> state_lib.GanState:
  """Shapes and types of the train state, at no cost."""
  return jax.eval_shape(_initializer(config, modules, optimizers_))


def method(config: ml_collections.ConfigDict) -> str:
  """The paper's name of the method: L, L+I or L+I+P."""
  names = {
    (False, False): 'L',
    (True, False): 'L+I',
    (True, True): 'L+I+P',
  }
  return names[config.model.use_instances, config.model.use_position_map]


def cadence(
  config: ml_collections.ConfigDict, num_examples: int
) -> loop.Intervals:
  """How long the run is and how often it logs, draws and saves."""
  return loop.Intervals(
    num_steps=num_steps(config, num_examples),
    log_every_steps=config.log_every_steps,
    sample_every_steps=config.sample_every_steps,
    checkpoint_every_steps=config.checkpoint_every_steps,
  )


def num_steps(config: ml_collections.ConfigDict, num_examples: int) -> int:
  """Updates of the whole run: `num_steps`, or `num_epochs` of the data."""
  if bool(config.num_steps) == bool(config.num_epochs):
    raise InputError(
      f'num_steps is {config.num_steps} and num_epochs {config.num_epochs}: '
      'exactly one of them must be above 0.'
    )
  if config.num_steps:
    return config.num_steps
  return config.num_epochs * _steps_per_epoch(config, num_examples)


def optimizers(
  config: ml_collections.ConfigDict, num_examples: int
) -> step_lib.Optimizers:
  """Adam for both sides, each with its own rate (TTUR)."""

  def adam(rate: float) -> optax.GradientTransformation:
    return optax.adam(
      learning_rate(config, num_examples, rate),
      b1=config.adam_b1,
      b2=config.adam_b2,
    )

  return step_lib.Optimizers(
    generator=adam(config.g_learning_rate),
    discriminator=adam(config.d_learning_rate),
  )


def learning_rate(
  config: ml_collections.ConfigDict, num_examples: int, rate: float
) -> optax.Schedule:
  """Constant, then linear to 0 over the last `decay_fraction` of the run.

  As in GauGAN the rate changes from epoch to epoch; a run that is counted in
  steps changes it at every step.
  """
  total = num_steps(config, num_examples)
  stair = _steps_per_epoch(config, num_examples) if config.num_epochs else 1
  decay_steps = max(1.0, total * config.decay_fraction)

  def schedule(step):
    passed = (step // stair) * stair - (total - decay_steps)
    return rate * (1.0 - jnp.clip(passed / decay_steps, 0.0, 1.0))

  return schedule


def train_step(
  config: ml_collections.ConfigDict,
  modules: step_lib.Networks,
  optimizers_: step_lib.Optimizers,
  *,
  axis_name: str | None,
):
  """The pure update, see `train.step.make_train_step`."""
  return step_lib.make_train_step(
    modules,
    optimizers_,
    seed=config.seed,
    loss_weights=step_lib.LossWeights(**config.loss_weights),
    ema_decay=config.ema_decay,
    share_generator_forward=config.share_generator_forward,
    axis_name=axis_name,
  )


def check(config: ml_collections.ConfigDict) -> None:
  """Raises InputError for values that no run could use."""
  devices.check_batch_size(config.batch_size)
  if config.data.loader not in LOADERS:
    raise _unknown('data.loader', config.data.loader, LOADERS)
  for key in (
    'log_every_steps',
    'sample_every_steps',
    'checkpoint_every_steps',
    'keep_checkpoints',
  ):
    if config[key] < 1:
      raise InputError(f'{key} is {config[key]}, it must be at least 1.')
  if config.model.use_position_map and not config.model.use_instances:
    raise InputError(
      'model.use_position_map needs model.use_instances: the position map '
      'joins the instance styles (L+I+P).'
    )
  if config.model.num_labels < batch_lib.NUM_LABELS:
    raise InputError(
      f'model.num_labels is {config.model.num_labels}, the data have '
      f'{batch_lib.NUM_LABELS}: it must not be less.'
    )
  if not 0.0 <= config.ema_decay < 1.0:
    raise InputError(f'ema_decay is {config.ema_decay}, it must be in [0, 1).')
  if not 0.0 <= config.decay_fraction <= 1.0:
    raise InputError(
      f'decay_fraction is {config.decay_fraction}, it must be in [0, 1].'
    )


def _initializer(config, modules, optimizers_):
  return functools.partial(
    step_lib.initialize,
    modules,
    optimizers_,
    seed=config.seed,
    image_size=(config.data.height, config.data.width),
    use_ema=config.ema_decay > 0,
  )


def _steps_per_epoch(config: ml_collections.ConfigDict, num_examples: int):
  return max(1, num_examples // config.batch_size)


def _dtype(config: ml_collections.ConfigDict):
  if config.dtype not in DTYPES:
    raise _unknown('dtype', config.dtype, DTYPES)
  return DTYPES[config.dtype]


def _vgg19_features(path: str, dtype):
  if not path:
    return None
  network, variables, _ = load.vgg19(path, dtype)
  return lambda image: network.apply(variables, image)


def _with_tensorflow(module: str, instead: str):
  """A module of the pipeline that an accelerator's host may not have."""
  try:
    return importlib.import_module(f'data_pipeline.{module}')
  except ImportError as error:
    raise InputError(
      f'data_pipeline.{module} needs TensorFlow ({error}): install it, or set '
      f'--config.{instead}.'
    ) from error


def _check_scene_size(
  scenes: batch_lib.Source, size: tuple[int, int], name: str
) -> None:
  height, width = scenes.read(0).label_map.shape
  if (height, width) != size:
    raise InputError(
      f'{name} holds scenes of {height}x{width}, the configuration asks for '
      f'{size[0]}x{size[1]}: set --config.data.height={height} '
      f'--config.data.width={width}.'
    )


def _unknown(key: str, value: str, known) -> InputError:
  return InputError(
    f'{key} is {value!r}, expected one of {", ".join(map(repr, known))}.'
  )
