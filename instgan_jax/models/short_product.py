"""A matrix product whose inner side is short: of pixels with few values."""

import jax
import jax.numpy as jnp


@jax.custom_vjp
def short_product(values: jax.Array, kernel: jax.Array) -> jax.Array:
  """`values @ kernel` as a sum of K terms, which XLA fuses with what follows.

  As a matrix product it would be written and read again, which takes longer
  than its arithmetic. The gradients are products.

  Args:
    values: [..., K], K about 10 at most.
    kernel: [K, out].

  Returns:
    [..., out].
  """
  shape = (1,) * (values.ndim - 1) + (-1,)
  terms = (
    values[..., k : k + 1] * kernel[k].reshape(shape)
    for k in range(kernel.shape[0])
  )
  return sum(terms, start=jnp.zeros((), jnp.result_type(values, kernel)))


def _forward(values, kernel):
  return short_product(values, kernel), (values, kernel)


def _backward(residuals, gradient):
  values, kernel = residuals
  rows = gradient.reshape(-1, gradient.shape[-1])
  return gradient @ kernel.T, values.reshape(-1, values.shape[-1]).T @ rows


short_product.defvjp(_forward, _backward)
