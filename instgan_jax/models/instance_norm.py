"""Instance normalisation without parameters (arXiv:1607.08022)."""

import jax
import jax.numpy as jnp


def instance_norm(x: jax.Array, *, epsilon: float = 1e-5) -> jax.Array:
  """Normalises each channel of each image over its pixels.

  Args:
    x: [B, H, W, C].
    epsilon: added to the biased variance.

  Returns:
    [B, H, W, C] of the type of `x`; the moments are float32.
  """
  values = x.astype(jnp.float32)
  values = values - jnp.mean(values, axis=(1, 2), keepdims=True)
  var = jnp.mean(jnp.square(values), axis=(1, 2), keepdims=True)
  return (values * jax.lax.rsqrt(var + epsilon)).astype(x.dtype)
