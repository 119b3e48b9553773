"""OASIS's discriminator: a segmenter with a class more (arXiv:2012.04781).

It gives each pixel of an image a class, its label or 'generated'. The labels
are not its input but what it must find, so that generated images follow them
pixel by pixel without a perceptual loss. A U-Net of residual blocks, all
convolutions with a spectral norm.
"""

import functools

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import leaky_relu, resample, spectral_conv

MAX_WIDTH = 4  # Channels of the widest level over those of the first.


class SegmentationDiscriminator(nn.Module):
  """Residual blocks that halve the image, as many that double it, and skips.

  The levels have 1, 1, 2, 2, 4, 4, 4, ... times `base_channels`, the last block
  half of it. (OASIS: 128 and six levels.)

  Attributes:
    num_labels: N; the result has N + 1 classes.
    base_channels: of the first level; even.
    num_layers: levels; the image's sides are divisible by 2^num_layers.
    dtype: of the computation, float32 if None; logits are always float32.
  """

  num_labels: int = 35
  base_channels: int = 128
  num_layers: int = 6
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(
    self,
    label_map: jax.Array,
    instance_map: jax.Array,
    image: jax.Array,
    *,
    train: bool,
  ) -> jax.Array:
    """Classifies pixels.

    Args:
      label_map: not used: it is what has to be found.
      instance_map: not used.
      image: [B, H, W, 3] in [-1, 1].
      train: whether to update the spectral norms (where their collection is
        mutable).

    Returns:
      Logits, float32 [B, H, W, N + 1]: the first for generated pixels, that of
      the label l at l + 1.
    """
    del label_map, instance_map
    block = functools.partial(ResidualBlock, dtype=self.dtype)
    widths = [min(2 ** (k // 2), MAX_WIDTH) for k in range(self.num_layers)]
    channels = [self.base_channels * width for width in widths]
    x, skips = image.astype(self.dtype or jnp.float32), []
    for level, features in enumerate(channels):
      x = block(features, starts=level == 0, name=f'down_{level}')(
        x, train=train
      )
      x = nn.avg_pool(x, (2, 2), strides=(2, 2))
      skips.append(x)
    skips.pop()
    for level in reversed(range(self.num_layers)):
      features = channels[level - 1] if level else self.base_channels // 2
      x = resample.nearest_up(x)
      x = block(features, name=f'up_{level}')(x, train=train)
      if skips:
        x = jnp.concatenate([x, skips.pop()], axis=-1)
    logits = spectral_conv.SpectralConv(
      features=self.num_labels + 1,
      kernel_size=1,
      dtype=self.dtype,
      name='logits',
    )(x, train=train)
    return logits.astype(jnp.float32)


class ResidualBlock(nn.Module):
  """Two 3x3 convolutions beside a shortcut, each after a leaky ReLU (0.2).

  Attributes:
    features: output channels.
    starts: whether `x` is an image, which no activation comes before.
    dtype: as in `SegmentationDiscriminator`.
  """

  features: int
  starts: bool = False
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
    """Computes [B, h, w, C] -> [B, h, w, features]."""
    conv = functools.partial(
      spectral_conv.SpectralConv, features=self.features, dtype=self.dtype
    )
    shortcut = x
    if x.shape[-1] != self.features:
      shortcut = conv(kernel_size=1, name='conv_s')(x, train=train)
    if not self.starts:
      x = leaky_relu.leaky_relu(x)
    x = conv(kernel_size=3, padding=1, name='conv_0')(x, train=train)
    x = leaky_relu.leaky_relu(x)
    return shortcut + conv(kernel_size=3, padding=1, name='conv_1')(
      x, train=train
    )
