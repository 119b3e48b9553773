import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import small_conv
from tests.models import float64, random_arrays


@pytest.mark.parametrize('channels', [(3, 5), (128, 128)])
@pytest.mark.parametrize('size', [(1, 1), (2, 4), (8, 17), (16, 32), (16, 33)])
def test_small_and_large_maps_are_convolved_alike(size, channels):
  with float64.enabled():
    x, kernel = (
      jnp.asarray(random_arrays.normal(shape, seed), jnp.float64)
      for seed, shape in enumerate([(2, *size, channels[0]), (3, 3, *channels)])
    )

    def by_definition(x, kernel):
      return jax.lax.conv_general_dilated(
        x,
        kernel,
        (1, 1),
        ((1, 1), (1, 1)),
        dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
      )

    def value_and_gradients(convolve):
      y, pullback = jax.vjp(convolve, x, kernel)
      return y, pullback(jnp.cos(y))

    jax.tree.map(
      lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-11),
      value_and_gradients(small_conv.conv_3x3),
      value_and_gradients(by_definition),
    )
