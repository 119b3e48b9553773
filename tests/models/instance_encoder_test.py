"""The latents of an instance depend on its own pixels, not on its number."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import instance_encoder
from tests.models import random_arrays

MODULE = instance_encoder.InstanceEncoder(
  base_channels=2, latent_dim=3, num_instances=5
)
# Id 4 is one pixel, which the halved map does not have; 5 is missing.
IDS = np.zeros((1, 8, 12), np.uint16)
IDS[0, :5, :3], IDS[0, :5, 3:8], IDS[0, 5:, 2:9], IDS[0, 3, 11] = 1, 2, 3, 4
IMAGE = random_arrays.normal((1, 8, 12, 3))


@pytest.fixture(scope='module')
def encode():
  shapes = jax.eval_shape(MODULE.init, jax.random.key(0), IMAGE, IDS)
  variables = jax.tree.map(
    lambda leaf: random_arrays.normal(leaf.shape, seed=leaf.size), shapes
  )
  return jax.jit(lambda image, ids: MODULE.apply(variables, image, ids))


def test_renumbered_instances_have_the_same_latents(encode):
  number = np.array([0, 3, 1, 5, 2, 4])
  before = encode(IMAGE, IDS)
  after = encode(IMAGE, number[IDS].astype(np.uint16))
  for a, b in zip(before, after, strict=True):
    assert a.shape == (1, 5, 3) and a.dtype == jnp.float32
    np.testing.assert_allclose(a, b[:, number[1:] - 1], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('number', [1, 2, 3, 4, 5])
def test_the_gradient_is_that_of_own_pixels(encode, number):
  def latent(image):
    mean, log_variance = encode(image, IDS)
    return mean[0, number - 1].sum() + log_variance[0, number - 1].sum()

  gradient = np.abs(jax.grad(latent)(IMAGE)[0]).sum(-1)
  np.testing.assert_array_equal(gradient > 0, IDS[0] == number)


def test_shapes_of_parameters():
  variables = jax.eval_shape(MODULE.init, jax.random.key(0), IMAGE, IDS)
  shapes = {k: v['kernel'].shape for k, v in variables['params'].items()}
  assert shapes == {
    'patches': (16 * 4, 2),  # Of each pixel three colors and whether it is own.
    'pixels': (2, 4),
    'hidden': (4 + 3, 8),  # The mean color beside the features.
    'mean': (8, 3),
    'log_variance': (8, 3),
  }


def test_patches_by_hand():
  image = np.arange(1.0, 17.0, dtype=np.float32).reshape(1, 4, 4, 1)
  ids = np.array([[[1, 1, 2, 2]] * 4])
  patches = instance_encoder.own_patches(image, ids)
  assert patches.shape == (1, 2, 2, 32)
  values, is_own = np.moveaxis(patches.reshape(2, 2, 4, 4, 2), -1, 0)
  # Rows -1 to 2 and columns -1 to 2: the id 1 has the columns 0 and 1.
  np.testing.assert_array_equal(
    values[0, 0], [[0, 0, 0, 0], [0, 1, 2, 0], [0, 5, 6, 0], [0, 9, 10, 0]]
  )
  np.testing.assert_array_equal(is_own[0, 0].sum(0), [0, 3, 3, 0])
  # Rows 1 to 4, columns 1 to 4 around the id 2.
  np.testing.assert_array_equal(
    values[1, 1], [[0, 7, 8, 0], [0, 11, 12, 0], [0, 15, 16, 0], [0, 0, 0, 0]]
  )
