"""Running statistics of encoded latents: what styles of N(0, 1) stand for.

The KL divergence draws the latents of photographed instances toward N(0, 1),
where they never arrive: some of their values keep a mean and a spread of their
own, by which a generator tells them from samples. It has learned the looks of
photographs for latents like theirs alone. So a style is mapped to where they
are, as ex-post density estimation does (arXiv:1903.12436), here to the normal
distribution of their mean and variances. Training keeps these as batch norm
keeps its statistics.
"""

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.models import instance_mean

# Of a generator's variables, {'mean': float32 [D], 'var': float32 [D]}.
COLLECTION = 'latent_stats'
MOMENTUM = 0.99
# A latent that the encoder leaves at one value has no variance to divide by.
_EPSILON = 1e-4

Stats = dict[str, jax.Array]
ArrayLike = jax.Array | np.ndarray


def initial(dim: int) -> Stats:
  """Those of N(0, 1), of `dim` values."""
  return {'mean': jnp.zeros(dim), 'var': jnp.ones(dim)}


def update(
  stats: Stats,
  latents: jax.Array,
  instance_map: jax.Array,
  *,
  axis_name: str | None = None,
) -> Stats:
  """Moves them by one batch, in which instances weigh as their pixels.

  Args:
    stats: of `initial` or `update`.
    latents: [B, N, D], the encoder's means; row i - 1 belongs to the id i.
    instance_map: [B, H, W] dense ids, 0 for none.
    axis_name: of the devices that share the batch under `pmap`.

  Returns:
    The new ones, equal on all devices; the old ones of a batch without
    instances.
  """
  num_rows, dim = latents.shape[1] + 1, latents.shape[2]
  ones = jnp.ones((*instance_map.shape, 1))
  pixels = instance_mean.instance_sum(ones, instance_map, num_rows)[:, 1:]
  pixels = pixels.reshape(-1)
  latents = jax.lax.stop_gradient(latents).reshape(-1, dim)

  def total(values: jax.Array) -> jax.Array:
    summed = jnp.dot(pixels, values, precision='highest')
    return summed if axis_name is None else jax.lax.psum(summed, axis_name)

  count = total(jnp.ones_like(latents))
  rate = (1.0 - MOMENTUM) * (count > 0)
  count = jnp.maximum(count, 1.0)
  mean = stats['mean'] + rate * (total(latents) / count - stats['mean'])
  var = total((latents - mean[None]) ** 2) / count
  return {'mean': mean, 'var': stats['var'] + rate * (var - stats['var'])}


def to_latents(stats: Stats, styles: ArrayLike) -> jax.Array:
  """What the generator takes for styles: [..., D], from N(0, 1)."""
  mean, deviation = _of_shape(stats, styles)
  return mean + jnp.asarray(styles) * deviation


def to_styles(stats: Stats, latents: ArrayLike) -> jax.Array:
  """The inverse of `to_latents`."""
  mean, deviation = _of_shape(stats, latents)
  return (jnp.asarray(latents) - mean) / deviation


def _of_shape(stats: Stats, values: ArrayLike) -> tuple[jax.Array, jax.Array]:
  """Mean and standard deviation, as `values` has its dimensions."""
  deviation = jnp.sqrt(stats['var'] + _EPSILON)
  return jnp.broadcast_to(stats['mean'], values.shape), jnp.broadcast_to(
    deviation, values.shape
  )
