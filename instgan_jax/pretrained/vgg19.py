"""VGG19 (arXiv:1409.1556) up to relu5_1, for the perceptual loss."""

import jax
import jax.numpy as jnp
from flax import linen as nn

# Convolutions and channels of the stages; a max-pool lies between two.
STAGES = ((2, 64), (2, 128), (4, 256), (4, 512), (1, 512))


class Vgg19(nn.Module):
  """The first activations of the five stages: relu1_1 to relu5_1.

  As in GauGAN the input is the image in [-1, 1], without ImageNet's
  normalization.

  Attributes:
    dtype: of the computation, float32 if None.
  """

  dtype: jnp.dtype | None = None

  @nn.compact
  def __call__(self, image: jax.Array) -> tuple[jax.Array, ...]:
    """Computes the features.

    Args:
      image: [B, H, W, 3] in [-1, 1]; H and W at least 16.

    Returns:
      relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1, [B, h, w, c] with
      h = H // 1, 2, 4, 8 and 16, w likewise.
    """
    x = image.astype(self.dtype or jnp.float32)
    features = []
    for stage, (num_convs, channels) in enumerate(STAGES, start=1):
      if stage > 1:
        x = nn.max_pool(x, (2, 2), strides=(2, 2))
      for layer in range(1, num_convs + 1):
        name = f'conv{stage}_{layer}'
        x = nn.Conv(channels, (3, 3), dtype=self.dtype, name=name)(x)
        x = nn.relu(x)
        if layer == 1:
          features.append(x)
    return tuple(features)
