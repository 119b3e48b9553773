"""Changes of resolution, each as the public GauGAN networks make it."""

import jax
import jax.numpy as jnp
from flax import linen as nn


def nearest_up(x: jax.Array) -> jax.Array:
  """Doubles height and width by repetition: [B, H, W, C] -> [B, 2H, 2W, C]."""
  batch, height, width, channels = x.shape
  x = x[:, :, None, :, None, :]
  x = jnp.broadcast_to(x, (batch, height, 2, width, 2, channels))
  return x.reshape(batch, 2 * height, 2 * width, channels)


def nearest_down(x: jax.Array, size: tuple[int, int]) -> jax.Array:
  """Shrinks a map to `size` as PyTorch's nearest `F.interpolate` does.

  PyTorch takes pixel floor(i * f) of the larger map for pixel i, which for a
  whole factor f is every f-th pixel from the first one (and not the centre of
  each cell).

  Args:
    x: [B, H, W] or [B, H, W, C], of any type.
    size: height and width of the result.

  Raises:
    ValueError: if H or W is not a multiple of the wanted height or width.
  """
  height, width = x.shape[1:3]
  if height % size[0] or width % size[1]:
    raise ValueError(
      f'a map of {height}x{width} cannot be shrunk to {size[0]}x{size[1]}: '
      'both sides must shrink by a whole factor.'
    )
  return x[:, :: height // size[0], :: width // size[1]]


def average_pool(x: jax.Array) -> jax.Array:
  """Halves [B, H, W, C] by 3x3 means, stride 2, one pixel of padding.

  The padding does not count in the means, as between the scales of GauGAN's
  discriminator. An odd side n gives (n + 1) / 2.
  """
  return nn.avg_pool(
    x,
    (3, 3),
    strides=(2, 2),
    padding=((1, 1), (1, 1)),
    count_include_pad=False,
  )


def bilinear_resize(x: jax.Array, size: tuple[int, int]) -> jax.Array:
  """Resizes [B, H, W, C] to `size` bilinearly, without antialiasing.

  Equals PyTorch's `F.interpolate(..., mode='bilinear')`, which GauGAN's style
  encoder applies to its input.
  """
  shape = (x.shape[0], *size, x.shape[3])
  return jax.image.resize(x, shape, 'bilinear', antialias=False)
