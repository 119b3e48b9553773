"""Resampling, each kind as the public GauGAN networks compute it."""

import jax
import jax.numpy as jnp
from flax import linen as nn


def nearest_up(x: jax.Array) -> jax.Array:
  """Nearest-neighbor upsampling: [B, H, W, C] -> [B, 2 H, 2 W, C]."""
  batch, height, width, channels = x.shape
  x = x[:, :, None, :, None, :]
  x = jnp.broadcast_to(x, (batch, height, 2, width, 2, channels))
  return x.reshape(batch, 2 * height, 2 * width, channels)


def nearest_down(x: jax.Array, size: tuple[int, int]) -> jax.Array:
  """Downsamples to `size` as PyTorch's nearest `F.interpolate` does.

  PyTorch takes pixel floor(i * f) of the larger map for pixel i, which for an
  integer factor f is every f-th pixel from the first one (not the center of
  each cell).

  Args:
    x: [B, H, W] or [B, H, W, C], of any dtype.
    size: height and width of the result.

  Returns:
    [B, *size] or [B, *size, C].

  Raises:
    ValueError: if H or W is not a multiple of the wanted height or width.
  """
  height, width = x.shape[1:3]
  if height % size[0] or width % size[1]:
    raise ValueError(
      f'a map of {height}x{width} cannot be downsampled to '
      f'{size[0]}x{size[1]}: both factors must be integers.'
    )
  # An index with steps would become a gather where the batch is symbolic.
  steps = (1, height // size[0], width // size[1], *(1,) * (x.ndim - 3))
  return jax.lax.slice(x, (0,) * x.ndim, x.shape, steps)


def average_pool(x: jax.Array) -> jax.Array:
  """3x3 average pooling with stride 2 and one pixel of padding.

  The padding does not count in the means, as between the scales of GauGAN's
  discriminator.

  Args:
    x: [B, H, W, C].

  Returns:
    [B, ceil(H / 2), ceil(W / 2), C].
  """
  return nn.avg_pool(
    x,
    (3, 3),
    strides=(2, 2),
    padding=((1, 1), (1, 1)),
    count_include_pad=False,
  )


def bilinear_resize(x: jax.Array, size: tuple[int, int]) -> jax.Array:
  """Bilinear resizing without antialiasing.

  Equals PyTorch's `F.interpolate(..., mode='bilinear', align_corners=False)`,
  which GauGAN's style encoder applies to its input.

  Args:
    x: [B, H, W, C].
    size: height and width of the result.

  Returns:
    [B, *size, C].
  """
  shape = (x.shape[0], *size, x.shape[3])
  return jax.image.resize(x, shape, 'bilinear', antialias=False)
