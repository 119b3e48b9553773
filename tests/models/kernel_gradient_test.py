"""Gradients of kernels: their forms are the gradient of the convolution."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import kernel_gradient
from tests.models import convolution_kinds, float64, random_arrays


@pytest.mark.parametrize('kind', convolution_kinds.KINDS)
def test_by_rows_is_the_gradient(kind):
  size, stride, sides, dilation = kind
  with float64.enabled():
    x, gradient, expected = _example((5, 7), *kind)
    by_rows = kernel_gradient.by_rows(
      x,
      gradient,
      (size, size),
      stride=stride,
      padding=(sides, sides),
      dilation=dilation,
    )
    np.testing.assert_allclose(by_rows, expected, rtol=1e-12, atol=1e-11)


# Of 2^21 values an image is one block; 600 and 2000 cut its 9 rows into blocks
# of one to eight, the last of which reaches beyond the image.
@pytest.mark.parametrize('block_values', [600, 2000, 2**21])
@pytest.mark.parametrize('channels', [(5, 7), (7, 5)])
@pytest.mark.parametrize(
  'kind', [kind for kind in convolution_kinds.KINDS if kind[1] == kind[3] == 1]
)
def test_by_products_is_the_gradient(kind, channels, block_values, monkeypatch):
  monkeypatch.setattr(kernel_gradient, 'BLOCK_VALUES', block_values)
  size, _, sides, _ = kind
  with float64.enabled():
    x, gradient, expected = _example(channels, *kind)
    by_products = kernel_gradient.by_products(
      x, gradient, (size, size), padding=(sides, sides)
    )
    np.testing.assert_allclose(by_products, expected, rtol=1e-12, atol=1e-11)


def test_products_of_bfloat16_are_summed_in_float32():
  # 1 + 2^-8 needs a bit more than bfloat16 has.
  x = jnp.ones((1, 1, 2, 1), jnp.bfloat16)
  gradient = jnp.asarray([1.0, 2.0**-8], jnp.bfloat16).reshape(1, 1, 2, 1)
  total = kernel_gradient.by_products(
    x, gradient, (1, 1), padding=((0, 0), (0, 0))
  )
  assert total.dtype == jnp.float32
  assert total.item() == 1 + 2.0**-8


def _example(channels, size, stride, sides, dilation):
  """Inputs of a convolution, the gradient of its result, and of its kernel."""
  x = jnp.asarray(random_arrays.normal((2, 9, 14, channels[0]), 0), jnp.float64)
  kernel = jnp.zeros((size, size, *channels), jnp.float64)
  y, pull = jax.vjp(
    lambda kernel: jax.lax.conv_general_dilated(
      x,
      kernel,
      (stride, stride),
      (sides, sides),
      rhs_dilation=(dilation, dilation),
      dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
    ),
    kernel,
  )
  gradient = jnp.asarray(random_arrays.normal(y.shape, 1), jnp.float64)
  return x, gradient, pull(gradient)[0]
