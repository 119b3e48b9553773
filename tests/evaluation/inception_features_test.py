"""Inception's features, as both protocols of FID take them."""

import functools

import numpy as np
import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.evaluation import inception_features
from instgan_jax.pretrained import inception, load
from instgan_jax.weights import inception as inception_weights
from tests.golden import recipe

pytestmark = pytest.mark.slow


NAME = 'inception_fid'


@functools.cache
def weights():
  variables = inception_weights.inception_variables(recipe.state_dict(NAME))
  return load.Network(inception.Inception(), variables, 'f00')


@functools.cache
def extractor(resize):
  return inception_features.InceptionFeatures(
    weights(), resize, rows_per_device=1
  )


def test_features_are_those_of_pytorch_fid():
  features = extractor('pytorch-fid')(recipe.inputs(NAME)['image'])
  expected = recipe.expected(NAME)['block3_mean']
  assert np.abs(features - expected).max() <= 1e-4 * np.abs(expected).max()


def test_a_batch_equals_its_images_one_by_one():
  images = recipe.inputs(NAME)['image']  # 2, for 4 devices.
  both = extractor('pytorch-fid')(images)
  one = extractor('pytorch-fid')(images[1:])
  assert both.shape == (2, 2048)
  np.testing.assert_array_equal(one[0], both[1])


def test_protocols_are_named_and_differ():
  assert extractor('pytorch-fid').protocol['resize'] == 'pytorch-fid'
  assert extractor('pytorch-fid').protocol['weights_sha256'] == 'f00'
  images = recipe.inputs(NAME)['image']
  a, b = (extractor(resize)(images) for resize in inception_features.RESIZES)
  assert np.abs(a - b).max() > 1e-3
  with pytest.raises(InputError, match="'tensorflow' is no resize mode"):
    inception_features.InceptionFeatures(weights(), 'tensorflow')


def test_clean_resize_is_pillows_bicubic_without_rounding():
  rng = np.random.default_rng(0)
  # Far enough from black and white that nothing is clipped on the way.
  images = rng.integers(80, 176, (1, 400, 600, 3), dtype=np.uint8)
  resized = inception_features.clean_resize(images)
  assert resized.shape == (1, 299, 299, 3)
  assert 0 <= resized.min() and resized.max() <= 255
  assert np.any(resized != np.round(resized))
  # In 8 bits Pillow rounds after either direction: half a level, twice.
  rounded = Image.fromarray(images[0]).resize(
    (299, 299), Image.Resampling.BICUBIC
  )
  assert np.abs(resized[0] - np.asarray(rounded)).max() <= 1.2


def test_clean_resize_keeps_a_plain_color():
  images = np.full((1, 20, 30, 3), [10, 100, 250], np.uint8)
  resized = inception_features.clean_resize(images)
  np.testing.assert_allclose(resized[0, 5, 7], [10, 100, 250], rtol=1e-6)
