import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import linen as nn

from instgan_jax.models import leaky_relu

VALUES = [-3.0, -0.5, -0.0, 0.0, 0.5, 3.0, jnp.inf, -jnp.inf, jnp.nan]


@pytest.mark.parametrize('dtype', [jnp.float32, jnp.bfloat16])
def test_is_that_of_flax_with_a_slope_of_a_fifth(dtype):
  x = jnp.array(VALUES, dtype)

  def value_and_gradient(activation):
    y, pullback = jax.vjp(activation, x)
    assert y.dtype == dtype
    return np.array([y, pullback(x + 1)[0]], np.float32)

  np.testing.assert_array_equal(
    value_and_gradient(leaky_relu.leaky_relu),
    value_and_gradient(lambda x: nn.leaky_relu(x, 0.2)),
  )


def test_keeps_its_result_alone_for_the_backward_pass():
  y, pullback = jax.vjp(leaky_relu.leaky_relu, jnp.array(VALUES))
  (kept,) = jax.tree.leaves(pullback)
  np.testing.assert_array_equal(kept, y)
