"""GauGAN's multi-scale PatchGAN discriminator (arXiv:1711.11585, 1903.07291).

Its input is the labels and the image, concatenated. It returns the feature maps
of all layers, for the feature matching loss; the last one of each scale holds
the logits, one per patch of the image.
"""

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import (
  instance_norm,
  leaky_relu,
  resample,
  semantic_input,
  spectral_conv,
)

MAX_CHANNELS = 512


class MultiscaleDiscriminator(nn.Module):
  """One patch discriminator per scale, each with its own weights.

  Attributes:
    num_labels: channels of the one-hot labels.
    base_channels: channels of the first layer; they double per layer up to 512.
    num_layers: convolutions of a scale, without the one that gives the logits.
    num_scales: number of scales, each at half the size of the one before.
    use_edges: adds the edges of instances to the input.
    dtype: of the computation, float32 if None; logits are always float32.
  """

  num_labels: int = 35
  base_channels: int = 64
  num_layers: int = 4
  num_scales: int = 2
  use_edges: bool = False
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(
    self,
    label_map: jax.Array,
    instance_map: jax.Array,
    image: jax.Array,
    *,
    train: bool,
  ) -> tuple[tuple[jax.Array, ...], ...]:
    """Discriminates images.

    Args:
      label_map: [B, H, W] integer label ids.
      instance_map: [B, H, W] integer instance ids; used with `use_edges` only.
      image: [B, H, W, 3] in [-1, 1].
      train: whether to update the spectral norms (where their collection is
        mutable).

    Returns:
      For each scale, from the full size down, the features of its layers
      [B, h, w, c], the last of which are the logits, float32 [B, h, w, 1].
    """
    dtype = self.dtype or jnp.float32
    semantic = semantic_input.semantic_input(
      label_map,
      instance_map,
      num_labels=self.num_labels,
      use_edges=self.use_edges,
      dtype=dtype,
    )
    x = jnp.concatenate([semantic, image.astype(dtype)], axis=-1)
    outputs = []
    for scale in range(self.num_scales):
      if scale:
        x = resample.average_pool(x)
      patch_discriminator = PatchDiscriminator(
        base_channels=self.base_channels,
        num_layers=self.num_layers,
        dtype=self.dtype,
        name=f'scale_{scale}',
      )
      outputs.append(patch_discriminator(x, train=train))
    return tuple(outputs)


class PatchDiscriminator(nn.Module):
  """4x4 convolutions that halve the image, then one logit per patch.

  The first and the last convolution are plain; those between have a spectral
  norm, no bias, and instance normalization. The last two have stride 1. (In
  GauGAN's early public code all but the last had stride 2, and there was one
  layer less by default; the strides do not show in the weights.)

  Attributes: as in `MultiscaleDiscriminator`.
  """

  base_channels: int = 64
  num_layers: int = 4
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> tuple[jax.Array, ...]:
    """Computes [B, H, W, C] -> features [B, h, w, c] per layer, logits last."""
    features = []
    for layer in range(self.num_layers):
      is_first = layer == 0
      x = spectral_conv.SpectralConv(
        features=min(self.base_channels * 2**layer, MAX_CHANNELS),
        kernel_size=4,
        strides=1 if layer == self.num_layers - 1 and not is_first else 2,
        padding=2,
        use_bias=is_first,
        use_spectral_norm=not is_first,
        dtype=self.dtype,
        name=f'layer_{layer}',
      )(x, train=train)
      if not is_first:
        x = instance_norm.instance_norm(x)
      x = leaky_relu.leaky_relu(x)
      features.append(x)
    logits = spectral_conv.SpectralConv(
      features=1,
      kernel_size=4,
      padding=2,
      use_spectral_norm=False,
      dtype=self.dtype,
      name=f'layer_{self.num_layers}',
    )(x, train=train)
    return (*features, logits.astype(jnp.float32))
