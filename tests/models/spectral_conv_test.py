import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import spectral_conv
from tests.models import random_arrays

STATS = 'spectral_stats'


def layer_and_variables(seed=0, *, features=3, in_channels=2, **fields):
  layer = spectral_conv.SpectralConv(features, kernel_size=3, **fields)
  rng = np.random.default_rng(seed)
  kernel = rng.standard_normal((3, 3, in_channels, features))
  u, v = rng.standard_normal(features), rng.standard_normal(9 * in_channels)
  variables = {
    'params': {'kernel': kernel, 'bias': rng.standard_normal(features)},
    STATS: {'u': u / np.linalg.norm(u), 'v': v / np.linalg.norm(v)},
  }
  variables = jax.tree.map(lambda a: a.astype(np.float32), variables)
  x = rng.standard_normal((2, 5, 6, in_channels)).astype(np.float32)
  return layer, variables, x


def power_step(kernel, u):
  """PyTorch's step in float64: v, then u, then sigma."""
  matrix = np.asarray(kernel, np.float64).reshape(-1, kernel.shape[-1]).T
  v = matrix.T @ np.asarray(u, np.float64)
  v /= np.linalg.norm(v)
  u = matrix @ v
  u /= np.linalg.norm(u)
  return u, v, u @ matrix @ v


def plain(layer, variables, x, sigma):
  """The convolution with the kernel over sigma."""
  params = variables['params']
  params = {'kernel': params['kernel'] / sigma, 'bias': params['bias']}
  return layer.clone(use_spectral_norm=False).apply(
    {'params': params}, x, train=False
  )


def test_four_times_the_identity_has_sigma_four():
  layer = spectral_conv.SpectralConv(5, kernel_size=1, use_bias=False)
  u = jnp.ones(5) / jnp.sqrt(5.0)
  variables = {
    'params': {'kernel': 4.0 * jnp.eye(5).reshape(1, 1, 5, 5)},
    STATS: {'u': u, 'v': u},
  }
  x = random_arrays.normal((1, 2, 2, 5))
  y = layer.apply(variables, x, train=False)
  np.testing.assert_allclose(y, x, rtol=1e-6)


# Maps of 5x6 pixels, beside which the kernel is the smaller or the larger one.
IN_CHANNELS = pytest.mark.parametrize('in_channels', [2, 4])


@IN_CHANNELS
def test_training_makes_one_power_step_and_stores_it(in_channels):
  layer, variables, x = layer_and_variables(in_channels=in_channels)
  y, stats = layer.apply(variables, x, train=True, mutable=[STATS])
  u, v, sigma = power_step(variables['params']['kernel'], variables[STATS]['u'])
  np.testing.assert_allclose(stats[STATS]['u'], u, rtol=1e-5)
  np.testing.assert_allclose(stats[STATS]['v'], v, rtol=1e-5)
  expected = plain(layer, variables, x, sigma)
  np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize('train', [True, False])
def test_stored_vectors_serve_where_they_may_not_change(train):
  layer, variables, x = layer_and_variables()
  stats = variables[STATS]
  matrix = variables['params']['kernel'].reshape(-1, 3)
  y = layer.apply(variables, x, train=train)
  expected = plain(layer, variables, x, stats['v'] @ matrix @ stats['u'])
  np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-5)


def test_evaluation_changes_nothing():
  layer, variables, x = layer_and_variables()
  _, stats = layer.apply(variables, x, train=False, mutable=[STATS])
  np.testing.assert_array_equal(stats[STATS]['u'], variables[STATS]['u'])
  np.testing.assert_array_equal(stats[STATS]['v'], variables[STATS]['v'])


@IN_CHANNELS
def test_gradient_flows_through_the_kernel_only(in_channels):
  layer, variables, x = layer_and_variables(in_channels=in_channels)

  def loss(kernel):
    params = {**variables['params'], 'kernel': kernel}
    changed = {**variables, 'params': params}
    y, _ = layer.apply(changed, x, train=True, mutable=[STATS])
    return jnp.sum(y**2)

  def loss_with_fixed_vectors(kernel):
    sigma = jnp.asarray(v) @ kernel.reshape(-1, 3) @ jnp.asarray(u)
    params = {**variables['params'], 'kernel': kernel}
    return jnp.sum(plain(layer, {'params': params}, x, sigma) ** 2)

  kernel = variables['params']['kernel']
  u, v, _ = power_step(kernel, variables[STATS]['u'])
  u, v = u.astype(np.float32), v.astype(np.float32)
  np.testing.assert_allclose(
    jax.jit(jax.grad(loss))(kernel),
    jax.jit(jax.grad(loss_with_fixed_vectors))(kernel),
    rtol=1e-4,
    atol=1e-4,
  )


def test_power_steps_reach_the_largest_singular_value():
  layer, variables, x = layer_and_variables()
  apply = jax.jit(lambda v: layer.apply(v, x, train=True, mutable=[STATS]))
  for _ in range(50):
    _, stats = apply(variables)
    variables = {**variables, **stats}
  matrix = np.asarray(variables['params']['kernel']).reshape(-1, 3)
  sigma = variables[STATS]['v'] @ matrix @ variables[STATS]['u']
  largest = np.linalg.svd(matrix, compute_uv=False)[0]
  np.testing.assert_allclose(sigma, largest, rtol=1e-4)


@pytest.mark.parametrize('strides', [1, 2])
@pytest.mark.parametrize('kernel_size', [3, 4])
def test_padding_and_strides(kernel_size, strides):
  layer = spectral_conv.SpectralConv(
    3,
    kernel_size,
    strides=strides,
    padding=2,
    use_bias=False,
    use_spectral_norm=False,
  )
  x = random_arrays.normal((1, 7, 9, 2))
  variables = random_arrays.variables(layer, x)
  kernel = variables['params']['kernel']
  padded = np.pad(x, ((0, 0), (2, 2), (2, 2), (0, 0)))
  y = layer.apply(variables, x, train=False)
  y = np.asarray(y)
  for row, column in np.ndindex(y.shape[1:3]):
    top, left = strides * row, strides * column
    patch = padded[:, top : top + kernel_size, left : left + kernel_size]
    expected = np.tensordot(patch, kernel, 3)
    np.testing.assert_allclose(y[:, row, column], expected, atol=1e-6)
  assert y.shape[1] == (7 + 4 - kernel_size) // strides + 1


def test_a_fresh_layer_needs_no_training():
  layer = spectral_conv.SpectralConv(8, kernel_size=3, use_bias=False)
  x = jnp.ones((1, 5, 5, 8))
  variables = jax.jit(functools.partial(layer.init, train=False))(
    jax.random.key(0), x
  )
  stats, kernel = variables[STATS], variables['params']['kernel']
  matrix = kernel.reshape(-1, 8)
  largest = np.linalg.svd(matrix, compute_uv=False)[0]
  assert 0.5 * largest < stats['v'] @ matrix @ stats['u'] <= 1.001 * largest


def test_the_norm_is_float32_in_bfloat16():
  layer, variables, x = layer_and_variables(dtype=jnp.bfloat16)
  y, stats = layer.apply(variables, x, train=True, mutable=[STATS])
  u, _, _ = power_step(variables['params']['kernel'], variables[STATS]['u'])
  assert y.dtype == jnp.bfloat16
  assert stats[STATS]['u'].dtype == jnp.float32
  np.testing.assert_allclose(stats[STATS]['u'], u, rtol=1e-5)
