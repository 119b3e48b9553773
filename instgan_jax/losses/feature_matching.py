"""Matching of the discriminator's features (arXiv:1711.11585, equation 4)."""

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def feature_matching_loss(
  *,
  real_features: Sequence[Sequence[jax.Array]],
  fake_features: Sequence[Sequence[jax.Array]],
) -> jax.Array:
  """The L1 distance of a discriminator's features of real and fake images.

  Summed over the layers of a scale except its logits, each the mean over all
  elements, and averaged over the scales. No gradient flows into the features
  of the real images. The weight (10 in GauGAN) is the caller's.

  Args:
    real_features: as the discriminator gives them for the real images.
    fake_features: likewise for the generated ones.

  Returns:
    float32 scalar.
  """
  total = jnp.float32(0.0)
  for real_scale, fake_scale in zip(real_features, fake_features, strict=True):
    layers = zip(real_scale[:-1], fake_scale[:-1], strict=True)
    for real, fake in layers:
      real = jax.lax.stop_gradient(real)
      distance = fake.astype(jnp.float32) - real.astype(jnp.float32)
      total += jnp.mean(jnp.abs(distance))
  return total / len(real_features)
