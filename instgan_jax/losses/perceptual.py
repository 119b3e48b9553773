"""The perceptual loss of pix2pixHD and GauGAN (arXiv:1711.11585)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from instgan_jax.losses import absolute_difference

# For relu1_1, relu2_1, relu3_1, relu4_1, relu5_1 of VGG19.
LAYER_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


def perceptual_loss(
  *,
  real_features: Sequence[jax.Array],
  fake_features: Sequence[jax.Array],
  image_weights: jax.Array | None = None,
) -> jax.Array:
  """The weighted sum of mean absolute differences of features.

  No gradient flows into the features of the real images. The caller applies
  the weight of the whole (10 in GauGAN).

  Args:
    real_features: of the real images, one array of any shape per layer of
      `LAYER_WEIGHTS`, see `pretrained.vgg19`.
    fake_features: likewise of the generated images.
    image_weights: [B], see `absolute_difference`; None for 1 each.

  Returns:
    float32 scalar.

  Raises:
    ValueError: if the number of layers differs.
  """
  total = jnp.float32(0.0)
  layers = zip(LAYER_WEIGHTS, real_features, fake_features, strict=True)
  for weight, real, fake in layers:
    total += weight * absolute_difference.mean_absolute_difference(
      real=real, fake=fake, image_weights=image_weights
    )
  return total
