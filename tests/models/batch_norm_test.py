import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import batch_norm, resample

STATS = 'batch_stats'


def variables(channels, *, mean=0.0, var=1.0):
  mean, var = (np.full(channels, x, np.float32) for x in (mean, var))
  return {STATS: {'mean': mean, 'var': var}}


def normal(shape, seed=0):
  return jax.random.normal(jax.random.key(seed), shape)


def test_running_moments_by_hand():
  # Values 0, 2, 4, 6: mean 3, biased variance 5, unbiased 20 / 3.
  # 0.9 * 1 + 0.1 * 3 = 1.2; 0.9 * 2 + 0.1 * 20 / 3 = 2.4666...
  x = jnp.array([0.0, 2.0, 4.0, 6.0]).reshape(1, 2, 2, 1)
  y, stats = batch_norm.SyncBatchNorm().apply(
    variables(1, mean=1.0, var=2.0), x, train=True, mutable=[STATS]
  )
  np.testing.assert_allclose(stats[STATS]['mean'], [1.2], rtol=1e-6)
  np.testing.assert_allclose(stats[STATS]['var'], [1.8 + 2 / 3], rtol=1e-6)
  expected = (x - 3) / np.sqrt(5 + 1e-5)
  np.testing.assert_allclose(y, expected, rtol=1e-6)


def test_evaluation_uses_the_running_moments_and_keeps_them():
  x = normal((2, 3, 4, 2))
  before = variables(2, mean=1.0, var=4.0)
  y, stats = batch_norm.SyncBatchNorm().apply(
    before, x, train=False, mutable=[STATS]
  )
  np.testing.assert_allclose(y, (x - 1) / np.sqrt(4 + 1e-5), rtol=1e-5)
  np.testing.assert_array_equal(stats[STATS]['mean'], before[STATS]['mean'])
  np.testing.assert_array_equal(stats[STATS]['var'], before[STATS]['var'])


def test_training_with_immutable_moments_uses_those_of_the_batch():
  x = 3 + 2 * normal((2, 3, 4, 2))
  y = batch_norm.SyncBatchNorm().apply(variables(2), x, train=True)
  np.testing.assert_allclose(y.mean((0, 1, 2)), [0, 0], atol=1e-6)


@pytest.mark.parametrize('mean', [0.0, 1000.0])
def test_four_devices_equal_one_with_the_whole_batch(mean):
  # Each device has a mean of its own.
  x = (
    mean
    + normal((4, 2, 3, 5, 6))
    + 0.5 * np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1, 1)
  )
  weights = normal(x.shape, seed=1)
  before = variables(6, mean=mean)

  def loss(x, weights, axis_name):
    y, stats = batch_norm.SyncBatchNorm(axis_name=axis_name).apply(
      before, x, train=True, mutable=[STATS]
    )
    return jnp.sum(y * weights), (y, stats)

  grad = jax.grad(loss, has_aux=True)
  many = jax.pmap(
    functools.partial(grad, axis_name='devices'), axis_name='devices'
  )
  gradient, (y, stats) = many(x, weights)
  whole = functools.partial(jnp.reshape, shape=(8, 3, 5, 6))
  one = jax.jit(functools.partial(grad, axis_name=None))
  expected, (expected_y, expected_stats) = one(whole(x), whole(weights))
  tolerance = 2e-5 if mean == 0 else 2e-3
  np.testing.assert_allclose(whole(y), expected_y, atol=tolerance)
  np.testing.assert_allclose(whole(gradient), expected, atol=tolerance)
  for device in range(4):
    for name in ('mean', 'var'):
      np.testing.assert_allclose(
        stats[STATS][name][device], expected_stats[STATS][name], rtol=1e-5
      )


def test_a_large_mean_does_not_cancel():
  # E[x^2] - E[x]^2 in float32 would be wrong by about 1 here.
  x = 4000 + normal((4, 8, 8, 3))
  y = batch_norm.SyncBatchNorm().apply(variables(3), x, train=True)
  values = np.asarray(x, np.float64)
  expected = (values - values.mean((0, 1, 2))) / values.std((0, 1, 2))
  np.testing.assert_allclose(y, expected, atol=1e-3)


def test_repeats_equal_upsampling_first():
  x = normal((2, 3, 4, 5))
  norm = batch_norm.SyncBatchNorm()
  y, stats = norm.apply(
    variables(5), x, train=True, num_repeats=4, mutable=[STATS]
  )
  expected, expected_stats = norm.apply(
    variables(5), resample.nearest_up(x), train=True, mutable=[STATS]
  )
  np.testing.assert_allclose(resample.nearest_up(y), expected, atol=1e-6)
  for name in ('mean', 'var'):
    np.testing.assert_allclose(
      stats[STATS][name], expected_stats[STATS][name], rtol=1e-6, atol=1e-7
    )


def test_moments_are_float32_in_bfloat16():
  x = normal((2, 3, 4, 5)).astype(jnp.bfloat16)
  y, stats = batch_norm.SyncBatchNorm().apply(
    variables(5), x, train=True, mutable=[STATS]
  )
  assert y.dtype == jnp.bfloat16
  assert stats[STATS]['var'].dtype == jnp.float32
  mean = np.asarray(x, np.float64).mean((0, 1, 2))
  np.testing.assert_allclose(stats[STATS]['mean'], 0.1 * mean, atol=1e-6)
