import jax.numpy as jnp
import numpy as np

from instgan_jax.runtime import image_range


def test_normalize_maps_bytes_to_minus_one_and_one():
  image = jnp.array([0, 51, 255], jnp.uint8)
  normalized = image_range.normalize(image)
  assert normalized.dtype == jnp.float32
  # 51 / 127.5 - 1 = -0.6.
  np.testing.assert_allclose(normalized, [-1.0, -0.6, 1.0], rtol=1e-6)


def test_all_bytes_come_back():
  image = np.arange(256, dtype=np.uint8)
  floats = image_range.normalize(jnp.asarray(image))
  for values in (floats, np.asarray(floats)):
    back = image_range.to_uint8(values)
    assert back.dtype == np.uint8
    np.testing.assert_array_equal(back, image)


def test_to_uint8_rounds_and_clips():
  # (x + 1) * 127.5: 0.4 down, 0.6 up.
  floats = np.array([-1.5, 0.4 / 127.5 - 1.0, 0.6 / 127.5 - 1.0, 1.01])
  np.testing.assert_array_equal(image_range.to_uint8(floats), [0, 0, 1, 255])
