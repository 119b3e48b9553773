"""Inception v3 (arXiv:1512.00567), as FID (arXiv:1706.08500) is defined with.

The network of the TensorFlow graph 'inception-2015-12-05' in the form of its
public PyTorch port (pytorch-fid), parameter by parameter and with the graph's
peculiarities, on which published FID values depend: the padding does not count
in average pools, and the last block uses a max pool.
"""

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.pretrained import conv_norm

IMAGE_SIZE = (299, 299)

# The epsilon of TensorFlow-Slim's batch norm.
_conv = functools.partial(conv_norm.ConvNorm, epsilon=1e-3)


def preprocess(images: jax.Array) -> jax.Array:
  """Resizes and scales as pytorch-fid: bilinear, not antialiased, not rounded.

  (TensorFlow's graph resizes by its original rule, by the corners of the pixels
  and not their centers. FID values differ between the two.)

  Args:
    images: [B, H, W, 3] in [0, 255], uint8 or float.

  Returns:
    float32 [B, 299, 299, 3] in [-1, 1].
  """
  images = images.astype(jnp.float32) / 255.0
  shape = (images.shape[0], *IMAGE_SIZE, 3)
  return 2.0 * jax.image.resize(images, shape, 'bilinear', antialias=False) - 1


class Inception(nn.Module):
  """The spatial means of the four blocks for which FID may be computed."""

  @nn.compact
  def __call__(self, image: jax.Array) -> tuple[jax.Array, ...]:
    """Computes the features.

    Args:
      image: float32 [B, 299, 299, 3] in [-1, 1], see `preprocess`. (Any size
        of at least 75 pixels is accepted.)

    Returns:
      float32 [B, 64], [B, 192], [B, 768] and [B, 2048]; FID and KID use the
      last one ('pool3').
    """
    x = _conv(32, (3, 3), strides=2, name='Conv2d_1a_3x3')(image)
    x = _conv(32, (3, 3), name='Conv2d_2a_3x3')(x)
    x = _conv(64, (3, 3), padding=(1, 1), name='Conv2d_2b_3x3')(x)
    x = nn.max_pool(x, (3, 3), strides=(2, 2))
    features = [_mean(x)]
    x = _conv(80, name='Conv2d_3b_1x1')(x)
    x = _conv(192, (3, 3), name='Conv2d_4a_3x3')(x)
    x = nn.max_pool(x, (3, 3), strides=(2, 2))
    features.append(_mean(x))
    for name, pool_channels in (('5b', 32), ('5c', 64), ('5d', 64)):
      x = _Block35(pool_channels, name=f'Mixed_{name}')(x)
    x = _Shrink35(name='Mixed_6a')(x)
    for name, channels in (('6b', 128), ('6c', 160), ('6d', 160), ('6e', 192)):
      x = _Block17(channels, name=f'Mixed_{name}')(x)
    features.append(_mean(x))
    x = _Shrink17(name='Mixed_7a')(x)
    x = _Block8(_average_pool, name='Mixed_7b')(x)
    x = _Block8(_max_pool, name='Mixed_7c')(x)
    features.append(_mean(x))
    return tuple(features)


class _Block35(nn.Module):
  """A block at 35x35 pixels."""

  pool_channels: int

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    return _concatenate(
      _chain(x, ('branch1x1', 64, (1, 1))),
      _chain(x, ('branch5x5_1', 48, (1, 1)), ('branch5x5_2', 64, (5, 5))),
      _chain(
        x,
        ('branch3x3dbl_1', 64, (1, 1)),
        ('branch3x3dbl_2', 96, (3, 3)),
        ('branch3x3dbl_3', 96, (3, 3)),
      ),
      _chain(_average_pool(x), ('branch_pool', self.pool_channels, (1, 1))),
    )


class _Shrink35(nn.Module):
  """From 35x35 to 17x17 pixels."""

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    double = _chain(
      x, ('branch3x3dbl_1', 64, (1, 1)), ('branch3x3dbl_2', 96, (3, 3))
    )
    return _concatenate(
      _conv(384, (3, 3), strides=2, name='branch3x3')(x),
      _conv(96, (3, 3), strides=2, name='branch3x3dbl_3')(double),
      nn.max_pool(x, (3, 3), strides=(2, 2)),
    )


class _Block17(nn.Module):
  """A block at 17x17 pixels, its 7x7 kernels factored."""

  channels: int

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    c = self.channels
    return _concatenate(
      _chain(x, ('branch1x1', 192, (1, 1))),
      _chain(
        x,
        ('branch7x7_1', c, (1, 1)),
        ('branch7x7_2', c, (1, 7)),
        ('branch7x7_3', 192, (7, 1)),
      ),
      _chain(
        x,
        ('branch7x7dbl_1', c, (1, 1)),
        ('branch7x7dbl_2', c, (7, 1)),
        ('branch7x7dbl_3', c, (1, 7)),
        ('branch7x7dbl_4', c, (7, 1)),
        ('branch7x7dbl_5', 192, (1, 7)),
      ),
      _chain(_average_pool(x), ('branch_pool', 192, (1, 1))),
    )


class _Shrink17(nn.Module):
  """From 17x17 to 8x8 pixels."""

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    single = _chain(x, ('branch3x3_1', 192, (1, 1)))
    seven = _chain(
      x,
      ('branch7x7x3_1', 192, (1, 1)),
      ('branch7x7x3_2', 192, (1, 7)),
      ('branch7x7x3_3', 192, (7, 1)),
    )
    return _concatenate(
      _conv(320, (3, 3), strides=2, name='branch3x3_2')(single),
      _conv(192, (3, 3), strides=2, name='branch7x7x3_4')(seven),
      nn.max_pool(x, (3, 3), strides=(2, 2)),
    )


class _Block8(nn.Module):
  """A block at 8x8 pixels, its 3x3 kernels split side by side."""

  pool: Callable[[jax.Array], jax.Array]

  @nn.compact
  def __call__(self, x: jax.Array) -> jax.Array:
    single = _chain(x, ('branch3x3_1', 384, (1, 1)))
    double = _chain(
      x, ('branch3x3dbl_1', 448, (1, 1)), ('branch3x3dbl_2', 384, (3, 3))
    )
    return _concatenate(
      _chain(x, ('branch1x1', 320, (1, 1))),
      _chain(single, ('branch3x3_2a', 384, (1, 3))),
      _chain(single, ('branch3x3_2b', 384, (3, 1))),
      _chain(double, ('branch3x3dbl_3a', 384, (1, 3))),
      _chain(double, ('branch3x3dbl_3b', 384, (3, 1))),
      _chain(self.pool(x), ('branch_pool', 192, (1, 1))),
    )


def _chain(
  x: jax.Array, *layers: tuple[str, int, tuple[int, int]]
) -> jax.Array:
  """A sequence of layers (name, channels, kernel size) that keep the size."""
  for name, channels, kernel_size in layers:
    padding = tuple(size // 2 for size in kernel_size)
    x = _conv(channels, kernel_size, padding=padding, name=name)(x)
  return x


def _concatenate(*branches: jax.Array) -> jax.Array:
  return jnp.concatenate(branches, axis=-1)


def _average_pool(x: jax.Array) -> jax.Array:
  return nn.avg_pool(x, (3, 3), padding='SAME', count_include_pad=False)


def _max_pool(x: jax.Array) -> jax.Array:
  return nn.max_pool(x, (3, 3), padding='SAME')


def _mean(x: jax.Array) -> jax.Array:
  return jnp.mean(x, axis=(1, 2))
