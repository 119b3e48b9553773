import functools

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.models import encoder
from tests.models import random_arrays


def test_any_size_gives_one_style_per_image():
  module = encoder.StyleEncoder(base_channels=1, style_dim=5)
  for size in ((64, 128), (256, 256)):
    (mean, log_variance), variables = jax.eval_shape(
      functools.partial(module.init_with_output, train=False),
      jax.random.key(0),
      jnp.zeros((2, *size, 3)),
    )
    assert mean.shape == log_variance.shape == (2, 5)
    assert mean.dtype == jnp.float32
    # 4x4 pixels of 8 channels.
    assert variables['params']['mean']['kernel'].shape == (128, 5)


def test_samples_have_the_mean_and_the_variance():
  mean = jnp.broadcast_to(jnp.array([0.0, 3.0]), (20000, 2))
  log_variance = jnp.broadcast_to(jnp.log(jnp.array([1.0, 0.25])), (20000, 2))
  samples = encoder.sample_style(
    mean, log_variance, random_arrays.normal(mean.shape)
  )
  # Standard errors: 1 / sqrt(20000) = 0.007 of the mean.
  np.testing.assert_allclose(samples.mean(0), [0.0, 3.0], atol=0.03)
  np.testing.assert_allclose(samples.std(0), [1.0, 0.5], atol=0.03)
