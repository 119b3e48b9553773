import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import batch_norm, resample, spade
from tests.models import random_arrays

pytestmark = pytest.mark.slow


STATS = ['batch_stats', 'spectral_stats']
random = random_arrays.normal


def test_zero_heads_return_the_normalized_input():
  layer = spade.Spade(hidden_channels=4)
  x, semantic = random((2, 6, 8, 5), 0), random((2, 6, 8, 3), 1)
  variables = random_arrays.variables(layer, x, semantic, None)
  params = jax.tree.map(np.zeros_like, variables['params'])
  # Operation by operation: two compiled programs may round differently.
  y = layer.apply(
    {**variables, 'params': params}, x, semantic, None, train=True
  )
  norm = batch_norm.SyncBatchNorm()
  expected = norm.apply(
    {'batch_stats': variables['batch_stats']['norm']}, x, train=True
  )
  np.testing.assert_array_equal(y, expected)


def test_modulation_by_hand():
  # Kernels with a center only: hidden = relu(2 * s - 1), gamma = 3 * hidden,
  # beta = hidden. For s = 1: hidden 1, gamma 3, beta 1: x_hat * 4 + 1. For
  # s = 0: x_hat.
  layer = spade.Spade(hidden_channels=1)
  x = jnp.array([0.0, 2.0]).reshape(1, 1, 2, 1)
  semantic = jnp.array([1.0, 0.0]).reshape(1, 1, 2, 1)

  def conv(center, bias):
    return {
      'kernel': jnp.zeros((3, 3, 1, 1)).at[1, 1].set(center),
      'bias': jnp.full((1,), bias),
    }

  variables = {
    'params': {
      'shared': conv(2.0, -1.0),
      'gamma': conv(3.0, 0.0),
      'beta': conv(1.0, 0.0),
    },
    'batch_stats': {'norm': {'mean': jnp.zeros(1), 'var': jnp.ones(1)}},
  }
  y = layer.apply(variables, x, semantic, None, train=True)
  np.testing.assert_allclose(y.reshape(-1), [-4 + 1, 1], atol=1e-4)


@pytest.mark.parametrize('channels', [5, 3])
def test_half_sized_input_equals_upsampling_it_first(channels):
  block = spade.SpadeBlock(channels=channels, hidden_channels=4)
  x, semantic = random((2, 3, 4, 5), 0), random((2, 6, 8, 3), 1)
  variables = random_arrays.variables(block, x, semantic, None)

  @jax.jit
  def apply(x):
    return block.apply(variables, x, semantic, None, train=True, mutable=STATS)

  y, stats = apply(x)
  expected, expected_stats = apply(resample.nearest_up(x))
  assert y.shape == (2, 6, 8, channels)
  np.testing.assert_allclose(y, expected, atol=1e-5)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6),
    stats,
    expected_stats,
  )


def test_shortcut_has_layers_only_where_the_width_changes():
  x, semantic = jnp.zeros((1, 4, 4, 8)), jnp.zeros((1, 4, 4, 3))

  def layers(channels):
    block = spade.SpadeBlock(channels=channels, hidden_channels=4)
    return random_arrays.shapes(block, x, semantic, None)['params']

  same, narrower = layers(8), layers(6)
  assert set(same) == {'conv_0', 'conv_1', 'norm_0', 'norm_1'}
  assert set(narrower) == set(same) | {'conv_s', 'norm_s'}
  assert set(narrower['conv_s']) == {'kernel'}
  assert narrower['conv_0']['kernel'].shape == (3, 3, 8, 6)
  assert narrower['conv_1']['kernel'].shape == (3, 3, 6, 6)


def test_sizes_that_do_not_fit():
  x, semantic = jnp.zeros((1, 2, 4, 8)), jnp.zeros((1, 8, 16, 3))
  with pytest.raises(ValueError, match='x is 2x4 but the label map 8x16'):
    random_arrays.shapes(spade.Spade(), x, semantic, None)
