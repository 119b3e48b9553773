"""The losses of Panoptic-DeepLab's heads (arXiv:1911.10194, section 3.3)."""

import jax
import jax.numpy as jnp


def heat_loss(
  *, heat: jax.Array, target: jax.Array, counts: jax.Array
) -> jax.Array:
  """Squared error of the heat of centers, summed; its weight is 200.

  Args:
    heat: float32 [B, H, W], 0 to 1.
    target: of the same shape.
    counts: bool [B, H, W], the pixels that count.

  Returns:
    float32 scalar.
  """
  return jnp.sum(jnp.square(heat - target) * counts)


def offset_loss(
  *, offsets: jax.Array, target: jax.Array, counts: jax.Array
) -> jax.Array:
  """Absolute error of both coordinates of the offsets, summed.

  Args:
    offsets: float32 [B, H, W, 2].
    target: of the same shape.
    counts: bool [B, H, W], the pixels that count.

  Returns:
    float32 scalar.
  """
  return jnp.sum(jnp.abs(offsets - target) * counts[..., None])
