import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import first_rows
from tests.models import float64, random_arrays

NUM_ALL = 70  # No multiple of a block.


@pytest.mark.parametrize('num_rows', [0, 1, 32, 33, NUM_ALL])
def test_the_first_rows_and_their_gradients_are_those_of_the_product(num_rows):
  with float64.enabled():
    x = random_arrays.normal((2, NUM_ALL, 3)).astype(np.float64)
    kernel = random_arrays.normal((3, 5), seed=1).astype(np.float64)
    weights = random_arrays.normal((2, num_rows, 5), seed=2)

    def loss(product):
      def of(x, kernel):
        y = product(x, kernel)[:, :num_rows]
        return jnp.sum(weights * jnp.cos(y)), y

      return jax.value_and_grad(of, argnums=(0, 1), has_aux=True)(x, kernel)

    actual = loss(
      lambda x, kernel: first_rows.first_rows_product(
        x, kernel, jnp.int32(num_rows)
      )
    )
    expected = loss(jnp.matmul)
    for a, b in zip(
      jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True
    ):
      np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_rows_beyond_the_needed_blocks_are_not_computed():
  x = np.ones((1, 3 * first_rows.BLOCK, 2), np.float32)
  x[:, first_rows.BLOCK :] = np.nan
  kernel = jnp.ones((2, 4))

  def total(x, kernel):
    product = first_rows.first_rows_product(x, kernel, jnp.int32(5))
    return jnp.sum(product[:, :5])

  value, gradients = jax.value_and_grad(total, argnums=(0, 1))(x, kernel)
  assert value == 5 * 4 * 2
  assert all(np.isfinite(g).all() for g in gradients)


def test_sums_of_bfloat16_are_of_float32():
  x = jnp.ones((1, 1024, 1), jnp.bfloat16)
  kernel = jnp.ones((1, 1), jnp.bfloat16)

  def total(kernel):
    product = first_rows.first_rows_product(x, kernel, jnp.int32(1024))
    return jnp.sum(product.astype(jnp.float32))

  # In bfloat16 the sum would stay at 256: 257 is not a number of it.
  gradient = jax.grad(total)(kernel)
  assert gradient.dtype == jnp.bfloat16
  assert gradient == 1024
