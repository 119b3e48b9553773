"""Inception gives the features of FID's public PyTorch port."""

import functools

import jax
import numpy as np
import pytest

from instgan_jax.pretrained import inception
from instgan_jax.weights import inception as inception_weights
from tests.golden import recipe

pytestmark = pytest.mark.slow


NAME = 'inception_fid'


@functools.cache
def features():
  variables = inception_weights.inception_variables(recipe.state_dict(NAME))
  images = inception.preprocess(recipe.inputs(NAME)['image'])
  return jax.jit(inception.Inception().apply)(variables, images)


@pytest.mark.parametrize('block', range(4))
def test_features_of_each_block(block):
  expected = recipe.expected(NAME)[f'block{block}_mean']
  actual = features()[block]
  assert actual.shape == expected.shape
  assert np.abs(actual - expected).max() <= 1e-4 * np.abs(expected).max()
