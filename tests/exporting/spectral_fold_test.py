"""Folded weights generate the same without a spectral norm."""

import jax
import numpy as np
import pytest

from instgan_jax.exporting import spectral_fold
from instgan_jax.inference import program
from tests import tiny

pytestmark = pytest.mark.slow


def test_folded_weights_generate_the_same_image():
  config = tiny.config('lip')
  variables = tiny.generator_variables(config)
  folded = spectral_fold.fold_spectral_norm(variables)
  assert set(folded) == {'params', 'batch_stats'}
  rng = np.random.default_rng(1)
  inputs = {
    'label_map': rng.integers(34, size=(2, 32, 64)).astype(np.uint8),
    'instance_map': rng.integers(5, size=(2, 32, 64)).astype(np.uint16),
    'latents': rng.normal(size=(2, 256, 64)).astype(np.float32),
  }
  expected, images = (
    program.Program(config, use_spectral_norm='spectral_stats' in weights).run(
      weights, inputs, num_rows=2
    )
    for weights in (variables, folded)
  )
  assert np.std(expected) > 0.1
  np.testing.assert_allclose(images, expected, atol=1e-5)


def test_a_kernel_is_divided_by_its_largest_singular_value():
  # W = diag(3, 4) has u = v = e1 for its largest value, 4.
  e1 = np.float32([0, 1])
  variables = {
    'params': {
      'conv': {'kernel': np.diag(np.float32([3, 4]))[None, None], 'bias': e1}
    },
    'batch_stats': {'mean': e1},
    'spectral_stats': {'conv': {'u': e1, 'v': e1}},
  }
  folded = spectral_fold.fold_spectral_norm(variables)
  np.testing.assert_array_equal(
    folded['params']['conv']['kernel'][0, 0], np.diag([0.75, 1.0])
  )
  np.testing.assert_array_equal(folded['params']['conv']['bias'], e1)
  np.testing.assert_array_equal(folded['batch_stats']['mean'], e1)
  assert variables['params']['conv']['kernel'][0, 0, 0, 0] == 3


def test_what_is_folded_already_stays():
  folded = {'params': {'conv': {'kernel': np.ones((1, 1, 2, 2))}}}
  again = spectral_fold.fold_spectral_norm(folded)
  assert jax.tree.structure(again) == jax.tree.structure(folded)
  np.testing.assert_array_equal(
    again['params']['conv']['kernel'], folded['params']['conv']['kernel']
  )
