"""The KL divergence of GauGAN's style encoder (arXiv:1312.6114, appendix B)."""

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
  mean = mean.astype(jnp.float32)
  log_variance = log_variance.astype(jnp.float32)
  terms = 1.0 + log_variance - jnp.square(mean) - jnp.exp(log_variance)
  return -0.5 * jnp.sum(terms)
