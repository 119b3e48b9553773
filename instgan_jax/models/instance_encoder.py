"""The style encoder of instances: photograph -> latents of its instances.

GauGAN's encoder (arXiv:1903.07291) gives one distribution for the whole image,
this one gives each instance its own, from which the latent z(i) of equation (1)
is sampled (see `mimlp`). It sees nothing but the instance's own pixels, so that
a style can be taken from one photograph into another: no convolution reaches
over a border.
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import linen as nn

from instgan_jax.models import instance_mean, leaky_relu, resample

# Of the only convolution, in pixels. It halves the image.
KERNEL_SIZE = 4
STRIDE = 2


class InstanceEncoder(nn.Module):
  """A strided convolution of own pixels, a mean over them, one hidden layer.

  Beside the mean of these features each instance has its mean color at full
  size, since instances of a few pixels can be missing in the halved map.

  Attributes:
    base_channels: of the convolution; the layers after it have 2 and 4 times as
      many.
    latent_dim: D, of the latents.
    num_instances: N, the largest instance id.
    dtype: of the convolution, float32 if None; the rest is float32.
  """

  base_channels: int = 64
  latent_dim: int = 64
  num_instances: int = 256
  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(
    self, image: jax.Array, instance_map: jax.Array
  ) -> tuple[jax.Array, jax.Array]:
    """Encodes the instances of images.

    Args:
      image: [B, H, W, 3] in [-1, 1]; H and W are even.
      instance_map: [B, H, W] dense ids, 0 for none.

    Returns:
      Mean and log variance of the latents, float32 [B, N, D] each; row i - 1
      belongs to the id i. Those of an id without pixels mean nothing.
    """
    x = own_patches(image.astype(self.dtype or jnp.float32), instance_map)
    x = self._dense(self.base_channels, 'patches', self.dtype)(x)
    x = self._dense(2 * self.base_channels, 'pixels', self.dtype)(x)
    height, width = x.shape[1:3]
    halved_map = resample.nearest_down(instance_map, (height, width))
    x = jnp.concatenate(
      [
        instance_mean.instance_mean(x, halved_map, self.num_instances),
        instance_mean.instance_mean(image, instance_map, self.num_instances),
      ],
      axis=-1,
    )
    x = self._dense(4 * self.base_channels, 'hidden')(x)
    mean = nn.Dense(self.latent_dim, name='mean')
    log_variance = nn.Dense(self.latent_dim, name='log_variance')
    return mean(x), log_variance(x)

  def _dense(
    self, features: int, name: str, dtype: jnp.dtype | None = None
  ) -> Callable[[jax.Array], jax.Array]:
    dense = nn.Dense(features, dtype=dtype, name=name)
    return lambda x: leaky_relu.leaky_relu(dense(x))


def own_patches(image: jax.Array, instance_map: jax.Array) -> jax.Array:
  """The pixels around each second one, without those of other ids.

  Args:
    image: [B, H, W, C], H and W even.
    instance_map: [B, H, W] integer ids.

  Returns:
    [B, H / 2, W / 2, 16 (C + 1)]: of each of 4x4 pixels the colors and whether
    its id is that of the second row's and column's pixel, all 0 if not.
  """
  height, width = image.shape[1:3]
  ids = instance_map.astype(jnp.int32)
  ids, pad = ids[..., None], (KERNEL_SIZE - STRIDE) // 2
  sides = ((0, 0), (pad, pad), (pad, pad), (0, 0))
  pixels = jnp.pad(image, sides)
  neighbors = jnp.pad(ids, sides, constant_values=-1)
  own_ids = ids[:, ::STRIDE, ::STRIDE]
  patches = []
  for row in range(KERNEL_SIZE):
    for column in range(KERNEL_SIZE):
      window = (
        slice(None),
        slice(row, row + height, STRIDE),
        slice(column, column + width, STRIDE),
      )
      is_own = (neighbors[window] == own_ids).astype(image.dtype)
      patches += [pixels[window] * is_own, is_own]
  return jnp.concatenate(patches, axis=-1)
