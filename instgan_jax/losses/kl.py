"""KL divergences of the style encoders (arXiv:1312.6114, appendix B)."""

import jax
import jax.numpy as jnp


def kl_loss(*, mean: jax.Array, log_variance: jax.Array) -> jax.Array:
  """KL divergence from N(mean, exp(log_variance)) to N(0, 1), in nats, summed.

  As in GauGAN this is the SUM over the batch and the dimensions, not a mean:
  its share of the gradient grows with the batch. The caller applies the weight
  (0.05 in GauGAN). On several GPUs, GauGAN takes the mean of the sums of the
  GPUs, so that its share shrinks with their number; `train.step` takes the sum
  over the batch of all devices, as GauGAN does on one.

  Args:
    mean: [B, D].
    log_variance: [B, D].

  Returns:
    float32 scalar.
  """
  return jnp.sum(_divergence(mean, log_variance))


def instance_kl_loss(
  *, mean: jax.Array, log_variance: jax.Array, num_instances: jax.Array
) -> jax.Array:
  """The same of an instance, in nats: a mean over instances, then over images.

  It depends neither on how many instances an image has nor on the batch.

  Args:
    mean: [B, N, D].
    log_variance: [B, N, D].
    num_instances: [B], how many of the N rows, from the first one on, belong to
      an instance.

  Returns:
    float32 scalar.
  """
  of_instances = jnp.sum(_divergence(mean, log_variance), axis=-1)
  numbers = jnp.arange(1, mean.shape[1] + 1)[None]
  is_present = numbers <= num_instances[:, None]
  total = jnp.sum(jnp.where(is_present, of_instances, 0.0), axis=-1)
  return jnp.mean(total / jnp.maximum(num_instances, 1))


def _divergence(mean: jax.Array, log_variance: jax.Array) -> jax.Array:
  """Of each dimension."""
  mean = mean.astype(jnp.float32)
  log_variance = log_variance.astype(jnp.float32)
  terms = 1.0 + log_variance - jnp.square(mean) - jnp.exp(log_variance)
  return -0.5 * terms
