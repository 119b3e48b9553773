"""A matrix product whose inner side is short: of pixels with few values."""

import functools

import jax
import jax.numpy as jnp


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def short_product(
  values: jax.Array, kernel: jax.Array, dtype: jnp.dtype = jnp.float32
) -> jax.Array:
  """`values @ kernel` as a sum of K terms, which XLA fuses with what follows.

  As a matrix product it would be written and read again, which takes longer
  than its arithmetic. The gradients are products, of `dtype` too.

  Args:
    values: float32 [..., K], K about 10 at most.
    kernel: float32 [K, out].
    dtype: of the result; the sum is of float32.

  Returns:
    [..., out].
  """
  shape = (1,) * (values.ndim - 1) + (-1,)
  terms = (
    values[..., k : k + 1] * kernel[k].reshape(shape)
    for k in range(kernel.shape[0])
  )
  return sum(terms, start=jnp.zeros((), jnp.float32)).astype(dtype)


def _forward(values, kernel, dtype):
  return short_product(values, kernel, dtype), (values, kernel)


def _backward(dtype, residuals, gradient):
  values, kernel = residuals
  rows = gradient.reshape(-1, gradient.shape[-1])
  pixels = values.reshape(-1, values.shape[-1]).astype(dtype)
  of_kernel = jnp.matmul(pixels.T, rows, preferred_element_type=jnp.float32)
  return gradient @ kernel.T, of_kernel


short_product.defvjp(_forward, _backward)
