"""From a configuration to the GAN's modules, optimizers and train step."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import ml_collections
import optax

from data_pipeline.errors import InputError
from instgan_jax.build import data, discriminator, ranges, schedule
from instgan_jax.build import generator as build_generator
from instgan_jax.models import encoder, spectral_conv
from instgan_jax.pretrained import load, vgg19
from instgan_jax.runtime import devices
from instgan_jax.train import adam, batched_draws, initialization
from instgan_jax.train import networks as networks_lib
from instgan_jax.train import state as state_lib
from instgan_jax.train import step as step_lib

# Initialization runs once: optimizing it costs more than it saves.
_FAST_COMPILATION = {
  'xla_backend_optimization_level': 0,
  'xla_llvm_disable_expensive_passes': True,
}


def check(config: ml_collections.ConfigDict) -> None:
  """Raises InputError for values that no run could use."""
  ranges.check(config, ranges.GAN, 'instgan_jax.main')
  devices.check_batch_size(config.batch_size)
  data.check_loader(config)
  discriminator.check(config)
  if config.model.use_position_map and not config.model.use_instances:
    raise InputError(
      'model.use_position_map needs model.use_instances: the position map '
      'joins the instance styles (L+I+P).'
    )
  if config.model.instance_encoder and not config.model.use_instances:
    raise InputError(
      'model.instance_encoder needs model.use_instances: it encodes the styles '
      'of instances (L+I, L+I+P).'
    )
  if config.loss_weights.diversity and not config.model.use_instances:
    raise InputError(
      'loss_weights.diversity needs model.use_instances: without styles two '
      'images of a scene are equal.'
    )
  if not config.model.head_kernel_size % 2:
    raise InputError(
      f'model.head_kernel_size is {config.model.head_kernel_size}, expected an '
      'odd number: an even one would shift the image.'
    )


def networks(
  config: ml_collections.ConfigDict, *, axis_name: str | None = None
) -> networks_lib.Networks:
  """The modules, with VGG19 where its weights are given.

  Raises:
    InputError: for unknown values.
  """
  model, dtype = config.model, build_generator.dtype(config)
  generator, latent_shape = build_generator.build(config, axis_name=axis_name)
  return networks_lib.Networks(
    generator=generator,
    discriminator=discriminator.build(config, dtype),
    encoder=encoder.StyleEncoder(
      base_channels=model.encoder_channels,
      style_dim=model.image_style_dim,
      dtype=dtype,
    )
    if model.image_style_dim
    else None,
    instance_encoder=build_generator.instance_encoder(config),
    vgg19=_vgg19(dtype) if config.vgg19_weights else None,
    latent_shape=latent_shape,
  )


def vgg19_variables(config: ml_collections.ConfigDict) -> Any:
  """VGG19's, for the train step; None without `vgg19_weights`.

  Raises:
    InputError: for unusable weights.
  """
  if not config.vgg19_weights:
    return None
  return load.vgg19(config.vgg19_weights).variables


def initial_state(
  config: ml_collections.ConfigDict,
  modules: networks_lib.Networks,
  optimizers_: step_lib.Optimizers,
) -> state_lib.GanState:
  """A fresh train state on the default device."""
  return _initializer(config, modules, optimizers_)()


def abstract_state(
  config: ml_collections.ConfigDict,
  modules: networks_lib.Networks,
  optimizers_: step_lib.Optimizers,
) -> state_lib.GanState:
  """Shapes and types of the train state, at no cost.

  Raises:
    InputError: for values that do not fit each other.
  """
  try:
    return _initializer(config, modules, optimizers_).eval_shape()
  except ValueError as error:
    raise InputError(
      f'config.model and config.data do not fit each other: {error}'
    ) from error


def optimizers(
  config: ml_collections.ConfigDict, num_examples: int
) -> step_lib.Optimizers:
  """Adam for both sides, each with its own rate (TTUR)."""

  def with_rate(rate: float) -> optax.GradientTransformation:
    return adam.adam(
      schedule.learning_rate(config, num_examples, rate),
      b1=config.adam_b1,
      b2=config.adam_b2,
    )

  return step_lib.Optimizers(
    generator=with_rate(config.g_learning_rate),
    discriminator=with_rate(config.d_learning_rate),
  )


def train_step(
  config: ml_collections.ConfigDict,
  modules: networks_lib.Networks,
  optimizers_: step_lib.Optimizers,
  *,
  axis_name: str | None,
) -> step_lib.TrainStep:
  """The pure update."""
  weights = step_lib.LossWeights(**config.loss_weights)
  return step_lib.TrainStep(
    modules,
    discriminator.losses(config, modules.discriminator, axis_name=axis_name),
    optimizers_,
    seed=config.seed,
    loss_weights=weights,
    augmentation=discriminator.augmentation_kinds(config),
    prior_fraction=config.prior_fraction,
    ema_decay=config.ema_decay,
    share_generator_forward=config.share_generator_forward,
    axis_name=axis_name,
  )


def _initializer(config, modules, optimizers_):
  return _jitted_initializer(
    modules,
    optimizers_,
    seed=config.seed,
    image_size=(config.data.height, config.data.width),
    use_ema=config.ema_decay > 0,
  )


# The shapes and the state are of one trace, in all runs of a configuration.
@functools.lru_cache(maxsize=2)
def _jitted_initializer(modules, optimizers_, **options):
  initialize = functools.partial(
    initialization.initialize, modules, optimizers_, **options
  )
  initialize = batched_draws.batched_draws(
    initialize, spectral_conv.gaugan_init
  )
  return jax.jit(initialize, compiler_options=_FAST_COMPILATION)


@functools.cache  # One object: equal configurations have equal networks.
def _vgg19(dtype: jnp.dtype) -> networks_lib.Features:
  return vgg19.Vgg19(dtype=dtype).apply
