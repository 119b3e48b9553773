"""The instance encoder of a trained generator: photographs to latents."""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import ml_collections
import numpy as np

from data_pipeline.errors import InputError, summarize
from instgan_jax.build import generator as build_generator
from instgan_jax.checkpoints import tree
from instgan_jax.inference import photograph as photograph_lib
from instgan_jax.models import instance_encoder
from instgan_jax.runtime import image_range


class PhotographEncoder:
  """Gives the latent of each instance of a photograph.

  Attributes:
    variables: of the encoder, {'params'}.
  """

  def __init__(self, config: ml_collections.ConfigDict, variables: Any):
    """Compiles nothing yet; checks the weights.

    Raises:
      InputError: if `config` has no instance encoder, or another one.
    """
    module = build_generator.instance_encoder(config)
    size = (1, config.data.height, config.data.width)
    if module is None:
      raise InputError('the configuration has no instance encoder.')
    wrong = tree.differences(variables, _shapes(module, size))
    if wrong:
      raise InputError(
        'the weights of the instance encoder do not fit their configuration: '
        f'{summarize(wrong, "; ")}.'
      )
    self.variables = variables
    self._apply = _jitted(module)

  def latents(
    self, photograph: photograph_lib.Photograph
  ) -> dict[int, np.ndarray]:
    """The mean of each instance's latent, float32 [D] by its id."""
    mean, _ = self._apply(
      self.variables,
      image_range.normalize(jnp.asarray(photograph.image[None])),
      jnp.asarray(photograph.instance_map[None], jnp.int32),
    )
    rows = np.asarray(mean[0])
    return {i: rows[k] for k, i in enumerate(photograph.instance_ids)}


# As of the generator, see `program`.
@functools.lru_cache(maxsize=8)
def _jitted(module: instance_encoder.InstanceEncoder) -> Callable[..., Any]:
  return jax.jit(module.apply)


@functools.lru_cache(maxsize=8)
def _shapes(
  module: instance_encoder.InstanceEncoder, size: tuple[int, int, int]
) -> Any:
  """Of the variables, for images [1, H, W]."""
  return jax.eval_shape(
    module.init,
    jax.random.key(0),
    jnp.zeros((*size, 3)),
    jnp.zeros(size, jnp.int32),
  )
