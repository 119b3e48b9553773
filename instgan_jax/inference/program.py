"""A generator as one compiled program of numpy arrays."""

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
from instgan_jax.models import generator, latent_stats
from instgan_jax.runtime import devices

# Whose programs a process keeps.
_MAX_GENERATORS = 8


class Program:
  """The generator of a configuration, without its weights.

  Attributes:
    module: the Flax module.
    latent_shape: (instances, values) of an example's latents.
  """

  def __init__(
    self, config: ml_collections.ConfigDict, *, use_spectral_norm: bool
  ):
    """Builds the generator of `config`, see `build.generator`."""
    self.module, self.latent_shape = build_generator.build(
      config, use_spectral_norm=use_spectral_norm
    )
    self._jitted = jitted(self.module)

  @property
  def needs_instance_map(self) -> bool:
    """Whether the image depends on the instance map."""
    return self.module.use_instances or self.module.use_edges

  @property
  def input_shapes(self) -> dict[str, tuple[tuple[int, ...], type]]:
    """Shape without the batch, and dtype, of each keyword argument."""
    size = tuple(self.module.image_size)
    shapes: dict[str, tuple[tuple[int, ...], type]] = {
      'label_map': (size, np.uint8)
    }
    if self.needs_instance_map:
      shapes['instance_map'] = (size, np.uint16)
    if self.module.use_instances:
      shapes['latents'] = (self.latent_shape, np.float32)
    if self.module.image_style_dim:
      shapes['image_style'] = ((self.module.image_style_dim,), np.float32)
    return shapes

  @property
  def apply(self) -> Callable[..., jax.Array]:
    """The traceable function, see `generate`, of the weights and the inputs."""
    return functools.partial(generate, self.module)

  def run(
    self, variables: Any, inputs: dict[str, np.ndarray], *, num_rows: int
  ) -> np.ndarray:
    """Runs on all devices of this process, `num_rows` examples at a time.

    Args:
      variables: of the generator, on the devices.
      inputs: arrays of `input_shapes`, [B, ...] with B of at least 1.
      num_rows: examples of one call of the compiled program.

    Returns:
      float32 [B, H, W, 3] in [-1, 1].
    """
    return devices.map_rows(
      lambda **rows: self._jitted(variables, **rows), inputs, num_rows=num_rows
    )

  def check(self, variables: Any) -> None:
    """Raises InputError with what differs, unless `variables` fit."""
    expected = dict(_shapes(self.module, self.latent_shape))
    if latent_stats.COLLECTION in variables:  # Where there is an encoder.
      dim = self.latent_shape[-1]
      expected[latent_stats.COLLECTION] = latent_stats.initial(dim)
    wrong = tree.differences(variables, expected)
    if wrong:
      wrong.sort(key=lambda line: not line.startswith('params'))
      raise InputError(
        'the weights do not fit their configuration: '
        f'{summarize(wrong, "; ")}. Restore the configuration, or name other '
        'weights.'
      )


def generate(
  module: generator.Generator,
  variables: Any,
  label_map: jax.Array,
  instance_map: jax.Array | None = None,
  latents: jax.Array | None = None,
  image_style: jax.Array | None = None,
) -> Any:
  """The traceable function: float32 [B, H, W, 3] in [-1, 1].

  Args:
    module: the generator.
    variables: its weights.
    label_map: [B, H, W], label ids.
    instance_map: [B, H, W], dense ids; None where they are not used.
    latents: [B, N, D]; row i - 1 is the style of the dense id i, from N(0, 1):
      see `models.latent_stats`.
    image_style: [B, S], the style of the whole image.
  """
  if instance_map is None:
    instance_map = jnp.zeros_like(label_map)
  variables = dict(variables)
  encoded_stats = variables.pop(latent_stats.COLLECTION, None)
  if encoded_stats is not None and latents is not None:
    latents = latent_stats.to_latents(encoded_stats, latents)
  return module.apply(
    variables,
    label_map.astype(jnp.int32),
    instance_map.astype(jnp.int32),
    latents,
    image_style,
    train=False,
  )


# A process traces a generator once, however many weights of it there are.
@functools.lru_cache(maxsize=_MAX_GENERATORS)
def jitted(module: generator.Generator) -> Callable[..., jax.Array]:
  """`generate` of a module, compiled."""
  return jax.jit(functools.partial(generate, module))


@functools.lru_cache(maxsize=_MAX_GENERATORS)
def _shapes(
  module: generator.Generator, latent_shape: tuple[int, int]
) -> dict[str, Any]:
  """Of the variables."""
  maps = jnp.zeros((1, *module.image_size), jnp.int32)
  latents = jnp.zeros((1, *latent_shape))
  style = jnp.zeros((1, module.image_style_dim))
  return jax.eval_shape(
    lambda: module.init(
      jax.random.key(0), maps, maps, latents, style, train=False
    )
  )
