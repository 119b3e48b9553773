import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import resample


def column(*values):
  """A [1, n, 1, 1] array."""
  return jnp.asarray(values, jnp.float32).reshape(1, -1, 1, 1)


def test_nearest_up_repeats_rows_and_columns():
  x = jnp.arange(4.0).reshape(1, 2, 2, 1)
  expected = [[0, 0, 1, 1], [0, 0, 1, 1], [2, 2, 3, 3], [2, 2, 3, 3]]
  np.testing.assert_array_equal(resample.nearest_up(x)[0, ..., 0], expected)


def test_nearest_down_takes_the_first_pixel_of_each_cell():
  # PyTorch: floor(i * 3) = 0, 3 in height, floor(i * 2) = 0, 2, 4 in width.
  ids = jnp.arange(36).reshape(1, 6, 6)
  expected = [[0, 2, 4], [18, 20, 22]]
  np.testing.assert_array_equal(resample.nearest_down(ids, (2, 3))[0], expected)
  with_channel = resample.nearest_down(ids[..., None], (2, 3))
  np.testing.assert_array_equal(with_channel[0, ..., 0], expected)


@pytest.mark.parametrize('size', [(4, 6), (12, 6)])
def test_nearest_down_refuses_other_factors(size):
  with pytest.raises(ValueError, match=rf'6x6 .* {size[0]}x{size[1]}'):
    resample.nearest_down(jnp.zeros((1, 6, 6)), size)


def test_average_pool_does_not_count_the_padding():
  # Rows 0, 3, 6, 9, 30: means of (0, 3), (3, 6, 9), (9, 30).
  x = column(0, 3, 6, 9, 30)
  np.testing.assert_allclose(
    resample.average_pool(x)[0, :, 0, 0], [1.5, 6.0, 19.5], rtol=1e-6
  )


def test_average_pool_rounds_odd_sides_up():
  x = jnp.ones((1, 5, 8, 2))
  np.testing.assert_array_equal(
    resample.average_pool(x), jnp.ones((1, 3, 4, 2))
  )


def test_bilinear_resize_does_not_smooth_when_shrinking():
  # From 8 to 2 the centers lie at 1.5 and 5.5: between pixels 1, 2 and 5, 6.
  x = column(100, 0, 2, 100, 100, 4, 8, 100)
  resized = resample.bilinear_resize(x, (2, 1))
  np.testing.assert_allclose(resized[0, :, 0, 0], [1.0, 6.0], rtol=1e-6)


def test_bilinear_resize_when_growing():
  # From 2 to 4 the centers lie at -0.25 (clamped), 0.25, 0.75, 1.25.
  resized = resample.bilinear_resize(column(0, 4), (4, 1))
  np.testing.assert_allclose(resized[0, :, 0, 0], [0, 1, 3, 4], rtol=1e-6)
