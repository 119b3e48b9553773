"""Convolution: the gradients of its forms agree."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import convolution
from tests.models import convolution_kinds


# From this many multiplications on a CPU takes another form of one gradient.
@pytest.mark.parametrize('min_products', [0, convolution.MIN_PRODUCTS])
@pytest.mark.parametrize('kind', convolution_kinds.KINDS)
def test_equals_the_plain_convolution_and_its_gradients(
  kind, min_products, monkeypatch
):
  monkeypatch.setattr(convolution, 'MIN_PRODUCTS', min_products)
  size, stride, sides, dilation = kind
  keys = jax.random.split(jax.random.key(0), 2)
  x = jax.random.normal(keys[0], (2, 9, 14, 5))
  kernel = jax.random.normal(keys[1], (size, size, 5, 7))

  def plain(x, kernel):
    y = jax.lax.conv_general_dilated(
      x,
      kernel,
      (stride, stride),
      (sides, sides),
      rhs_dilation=(dilation, dilation),
      dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
    )
    return jnp.sum(jnp.sin(y)), y

  def ours(x, kernel):
    y = convolution.convolve(x, kernel, stride, (sides, sides), dilation)
    return jnp.sum(jnp.sin(y)), y

  expected = jax.value_and_grad(plain, (0, 1), has_aux=True)(x, kernel)
  actual = jax.value_and_grad(ours, (0, 1), has_aux=True)(x, kernel)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-4),
    actual,
    expected,
  )
