"""The hinge loss of GANs (arXiv:1705.02894, 1802.05957), over scales.

A discriminator returns, per scale, a tuple of features whose last entry holds
the logits. The functions with `multiscale` in their name take that output;
GauGAN (arXiv:1903.07291) gives every scale the same weight, whatever its size.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp


def hinge_discriminator_loss(
  *, real_logits: jax.Array, fake_logits: jax.Array
) -> jax.Array:
  """Mean of max(0, 1 - real) plus mean of max(0, 1 + fake).

  Args:
    real_logits: logits of real images, of any shape.
    fake_logits: logits of generated images, of any shape.

  Returns:
    float32 scalar, the sum of both terms.
  """
  real_loss = jnp.mean(jax.nn.relu(1.0 - real_logits.astype(jnp.float32)))
  fake_loss = jnp.mean(jax.nn.relu(1.0 + fake_logits.astype(jnp.float32)))
  return real_loss + fake_loss


def hinge_generator_loss(*, fake_logits: jax.Array) -> jax.Array:
  """Minus the mean of the logits of generated images.

  Args:
    fake_logits: logits of generated images, of any shape.

  Returns:
    float32 scalar.
  """
  return -jnp.mean(fake_logits.astype(jnp.float32))


def multiscale_hinge_discriminator_loss(
  *,
  real_features: Sequence[Sequence[jax.Array]],
  fake_features: Sequence[Sequence[jax.Array]],
) -> jax.Array:
  """The mean of `hinge_discriminator_loss` over the scales.

  Args:
    real_features: the discriminator's output for real images: per scale the
      features of all layers, the logits last.
    fake_features: likewise for generated images.

  Returns:
    float32 scalar.

  Raises:
    ValueError: if the numbers of scales differ.
  """
  losses = [
    hinge_discriminator_loss(real_logits=real[-1], fake_logits=fake[-1])
    for real, fake in zip(real_features, fake_features, strict=True)
  ]
  return sum(losses, start=jnp.float32(0.0)) / len(losses)


def multiscale_hinge_generator_loss(
  *, fake_features: Sequence[Sequence[jax.Array]]
) -> jax.Array:
  """The mean of `hinge_generator_loss` over the scales.

  Args:
    fake_features: the discriminator's output for generated images: per scale
      the features of all layers, the logits last.

  Returns:
    float32 scalar.
  """
  losses = [
    hinge_generator_loss(fake_logits=features[-1]) for features in fake_features
  ]
  return sum(losses, start=jnp.float32(0.0)) / len(losses)
