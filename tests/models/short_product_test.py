import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import short_product
from tests.models import random_arrays


@pytest.mark.parametrize('leading', [(), (5,), (2, 3, 4)])
def test_it_is_a_product_and_so_are_its_gradients(leading):
  values = random_arrays.normal((*leading, 3))
  kernel = random_arrays.normal((3, 7), seed=1)
  weights = random_arrays.normal((*leading, 7), seed=2)

  def loss(product):
    def of(values, kernel):
      y = product(values, kernel)
      return jnp.sum(weights * jnp.cos(y)), y

    return jax.value_and_grad(of, argnums=(0, 1), has_aux=True)(values, kernel)

  def in_bfloat16(values, kernel):
    return short_product.short_product(values, kernel, jnp.bfloat16)

  expected = jax.tree.leaves(loss(jnp.matmul))
  for product, tolerance in (
    (short_product.short_product, 1e-5),
    (in_bfloat16, 0.05),
  ):
    actual = jax.tree.leaves(loss(product))
    for a, b in zip(actual, expected, strict=True):
      np.testing.assert_allclose(a, b, atol=tolerance * (1 + np.abs(b).max()))
