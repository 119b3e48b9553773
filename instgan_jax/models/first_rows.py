"""A matrix product of which the first rows alone are needed.

The instances of an image are numbered from 1: of N rows of styles those up to
the largest id count, often a tenth of them.
"""

import jax
import jax.numpy as jnp

from instgan_jax.models import blocks

# Rows of an image that are multiplied at a time.
BLOCK = 32


@jax.custom_vjp
def first_rows_product(
  x: jax.Array, kernel: jax.Array, num_rows: jax.Array
) -> jax.Array:
  """`x @ kernel` in its first rows; what is below has no meaning.

  The work is that of the rows that are needed, a block at a time. The others
  pass no gradient.

  Args:
    x: [B, N, S].
    kernel: [S, D], of the dtype of `x`.
    num_rows: int32 scalar, how many are needed, at most N.

  Returns:
    [B, N, D] of the dtype of `x`.
  """
  num_all = x.shape[1]
  x = _whole_blocks(x)

  def multiply(start: jax.Array, product: jax.Array) -> jax.Array:
    rows = _rows(x, start) @ kernel
    return jax.lax.dynamic_update_slice_in_dim(product, rows, start, axis=1)

  product = jnp.zeros((*x.shape[:2], kernel.shape[-1]), x.dtype)
  product = blocks.for_each_block(num_rows, BLOCK, multiply, product)
  return product[:, :num_all]


def _forward(x: jax.Array, kernel: jax.Array, num_rows: jax.Array):
  return first_rows_product(x, kernel, num_rows), (x, kernel, num_rows)


def _backward(
  residuals: tuple[jax.Array, jax.Array, jax.Array], gradient: jax.Array
) -> tuple[jax.Array, jax.Array, None]:
  x, kernel, num_rows = residuals
  num_all = x.shape[1]
  x, gradient = _whole_blocks(x), _whole_blocks(gradient)
  wide = jnp.promote_types(x.dtype, jnp.float32)

  def differentiate(start: jax.Array, sums: tuple[jax.Array, jax.Array]):
    of_x, of_kernel = sums
    g = _rows(gradient, start)
    product = jnp.einsum(
      'bns,bnd->sd', _rows(x, start), g, preferred_element_type=wide
    )
    of_x = jax.lax.dynamic_update_slice_in_dim(
      of_x, g @ kernel.T, start, axis=1
    )
    return of_x, of_kernel + product

  zeros = jnp.zeros_like(x), jnp.zeros(kernel.shape, wide)
  of_x, of_kernel = blocks.for_each_block(num_rows, BLOCK, differentiate, zeros)
  return of_x[:, :num_all], of_kernel.astype(kernel.dtype), None


first_rows_product.defvjp(_forward, _backward)


def _whole_blocks(x: jax.Array) -> jax.Array:
  """Rows of zeros below, for the last block."""
  return jnp.pad(x, ((0, 0), (0, -x.shape[1] % BLOCK), (0, 0)))


def _rows(x: jax.Array, start: jax.Array) -> jax.Array:
  return jax.lax.dynamic_slice_in_dim(x, start, BLOCK, axis=1)
