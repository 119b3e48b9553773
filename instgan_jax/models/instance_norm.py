"""Instance normalization without parameters (arXiv:1607.08022)."""

import jax
import jax.numpy as jnp

EPSILON = 1e-5  # Added to the biased variance, as PyTorch does by default.


def instance_norm(x: jax.Array) -> jax.Array:
  """Normalizes each channel of each image over its pixels.

  Args:
    x: [B, H, W, C].

  Returns:
    [B, H, W, C] of the dtype of `x`, with mean 0 and variance 1 over H and W;
    the moments are computed in float32.
  """
  values = x.astype(jnp.float32)
  values = values - jnp.mean(values, axis=(1, 2), keepdims=True)
  var = jnp.mean(jnp.square(values), axis=(1, 2), keepdims=True)
  return (values * jax.lax.rsqrt(var + EPSILON)).astype(x.dtype)
