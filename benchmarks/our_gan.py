"""A GAN of a configuration, ready to be timed: three kinds of work.

`generate`, `differentiate` and `update` do what the methods of the same names
of `torch_twin.TorchTwin` do, on the same batch.
"""

import copy
import functools
from typing import Any

import jax
import jax.numpy as jnp
import ml_collections
import numpy as np
import optax

from benchmarks.twins import gan_state
from data_pipeline import batch as batch_lib
from data_pipeline import batches, order
from instgan_jax.build import data, gan
from instgan_jax.runtime import devices
from instgan_jax.train import step as step_lib

Batch = dict[str, np.ndarray]
_NUM_EXAMPLES = 2975  # Of Cityscapes, for the schedule of the rates.
_WITHOUT = step_lib.Optimizers(optax.identity(), optax.identity())


def scenes(config: ml_collections.ConfigDict) -> batch_lib.Source:
  """Training scenes of the configuration's size, a batch of toy streets."""
  config = copy.deepcopy(config)
  config.data.num_train = config.batch_size
  return data.source(config, 'train')


def batch(config: ml_collections.ConfigDict) -> Batch:
  """A training batch of them."""
  devices.check_batch_size(config.batch_size)
  source = scenes(config)
  first_scenes = order.TrainingOrder(
    num_examples=len(source), batch_size=config.batch_size, seed=0
  )
  return next(batches.train_batches(source, first_scenes))


def initial_variables(config: ml_collections.ConfigDict) -> dict[str, Any]:
  """Fresh variables by network."""
  state = gan.initial_state(config, gan.networks(config), _WITHOUT)
  return {
    **{
      name: {'params': state.g_params[name], **state.g_stats[name]}
      for name in state.g_params
    },
    'discriminator': {'params': state.d_params, **state.d_stats},
  }


class OurGan:
  """Ours, as it trains; no optimizer's state before the first `update`."""

  def __init__(
    self,
    config: ml_collections.ConfigDict,
    batch: Batch,
    *,
    variables: dict[str, Any] | None = None,
    vgg19: Any = None,
  ):
    """Compiles nothing yet.

    Args:
      config: of a run without style encoder.
      batch: of scenes of its size.
      variables: by network; fresh ones if not given.
      vgg19: its variables, for the perceptual loss; None without.
    """
    if vgg19 is not None:
      config = copy.deepcopy(config)
      config.vgg19_weights = 'given'
    self._config, self._vgg19, self._batch = config, vgg19, batch
    self._maps = jax.device_put((batch['label_map'], batch['instance_map']))
    self._networks = gan.networks(config)
    self._state = devices.replicate(
      gan_state.state(variables or initial_variables(config), _WITHOUT)
    )
    self._train_step: Any = None
    shape = (config.batch_size, *self._networks.latent_shape)
    self._latents = jax.random.normal(jax.random.key(0), shape)

  def generate(self) -> jax.Array:
    """Images in training mode."""
    return self._generate(*self._inputs())[0]

  def differentiate(self) -> Any:
    """The gradients of the mean square of the images."""
    return self._differentiate(*self._inputs())

  def update(self) -> dict[str, jax.Array]:
    """One iteration; returns its losses."""
    if self._train_step is None:
      self._start_training()
    self._state, metrics = self._train_step(
      self._state, self._sharded, *self._frozen
    )
    return metrics

  def _start_training(self) -> None:
    optimizers = gan.optimizers(self._config, _NUM_EXAMPLES)
    networks = gan.networks(self._config, axis_name=devices.AXIS_NAME)
    state = self._state.replace(
      g_opt_state=optimizers.generator.init(self._state.g_params),
      d_opt_state=optimizers.discriminator.init(self._state.d_params),
    )
    self._state = devices.replicate(state)
    self._sharded = devices.shard_for_pmap(self._batch)
    has_frozen = self._vgg19 is not None
    self._frozen = (devices.replicate(self._vgg19),) * has_frozen
    self._train_step = devices.parallelize(
      gan.train_step(
        self._config, networks, optimizers, axis_name=devices.AXIS_NAME
      ),
      has_frozen=has_frozen,
    )

  def _inputs(self) -> tuple[Any, ...]:
    state = self._state
    variables = state.g_params['generator'], state.g_stats['generator']
    return (*variables, *self._maps, self._latents)

  @functools.cached_property
  def _generate(self):
    """Images and new statistics."""

    @jax.jit
    def generate(params, stats, label_map, instance_map, latents):
      return self._networks.generator.apply(
        {'params': params, **stats},
        label_map,
        instance_map,
        latents,
        train=True,
        mutable=list(stats),
      )

    return generate

  @functools.cached_property
  def _differentiate(self):
    """Gradients and new statistics."""

    @jax.jit
    def differentiate(params, *inputs):
      def mean_square(params):
        image, stats = self._generate(params, *inputs)
        return jnp.mean(jnp.square(image)), stats

      return jax.grad(mean_square, has_aux=True)(params)

    return differentiate
