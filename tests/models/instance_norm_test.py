import jax.numpy as jnp
import numpy as np

from instgan_jax.models import instance_norm


def test_each_channel_of_each_image_is_normalized():
  # Values 1, 3: mean 2, biased variance 1.
  x = jnp.array([1.0, 3.0]).reshape(1, 2, 1, 1)
  expected = np.array([-1.0, 1.0]).reshape(1, 2, 1, 1) / np.sqrt(1 + 1e-5)
  np.testing.assert_allclose(
    instance_norm.instance_norm(x), expected, rtol=1e-6
  )


def test_images_and_channels_do_not_mix():
  rng = np.random.default_rng(0)
  x = rng.standard_normal((3, 4, 5, 2)).astype(np.float32)
  scale = np.array([1.0, 10.0, 100.0], np.float32).reshape(3, 1, 1, 1)
  np.testing.assert_allclose(
    instance_norm.instance_norm(x * scale),
    instance_norm.instance_norm(x),
    atol=1e-4,
  )
