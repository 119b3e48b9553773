"""Matching of discriminator features (arXiv:1711.11585, equation 4)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from instgan_jax.losses import absolute_difference


def feature_matching_loss(
  *,
  real_features: Sequence[Sequence[jax.Array]],
  fake_features: Sequence[Sequence[jax.Array]],
  image_weights: jax.Array | None = None,
) -> jax.Array:
  """The L1 distance of a discriminator's features of real and fake images.

  The mean absolute difference of each layer, summed over the layers of a scale
  except its logits, and averaged over the scales. No gradient flows into the
  features of the real images. The caller applies the weight (10 in GauGAN).

  Args:
    real_features: the discriminator's output for real images: per scale the
      features of all layers, the logits last.
    fake_features: likewise for generated images.
    image_weights: [B], see `absolute_difference`; None for 1 each.

  Returns:
    float32 scalar.

  Raises:
    ValueError: if the numbers of scales or layers differ.
  """
  total = jnp.float32(0.0)
  for real_scale, fake_scale in zip(real_features, fake_features, strict=True):
    layers = zip(real_scale[:-1], fake_scale[:-1], strict=True)
    for real, fake in layers:
      total += absolute_difference.mean_absolute_difference(
        real=real, fake=fake, image_weights=image_weights
      )
  return total / len(real_features)
