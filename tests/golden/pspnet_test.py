"""PSPNet-101 gives the logits of the public PyTorch network."""

import functools

import jax
import numpy as np
import pytest

from instgan_jax.pretrained import pspnet
from instgan_jax.weights import pspnet as pspnet_weights
from tests.golden import recipe

pytestmark = pytest.mark.slow


NAME = 'pspnet101'
PREFIX = 'module.'  # Of the released file, which was saved from DataParallel.


@functools.cache
def logits():
  state_dict = recipe.state_dict(NAME)
  state_dict = {k.removeprefix(PREFIX): v for k, v in state_dict.items()}
  network = pspnet.PspNet(**pspnet_weights.pspnet_options(state_dict))
  variables = pspnet_weights.pspnet_variables(state_dict)
  images = pspnet.preprocess(recipe.inputs(NAME)['image'])
  return jax.jit(network.apply)(variables, images).logits


def test_logits():
  expected = recipe.expected(NAME)['logits_stride4']
  actual = logits()[:, ::4, ::4]
  assert actual.shape == expected.shape
  assert np.abs(actual - expected).max() <= 1e-3 * np.abs(expected).max()


def test_classes():
  expected = recipe.expected(NAME)['logits_stride4'].argmax(-1)
  agreement = np.mean(logits()[:, ::4, ::4].argmax(-1) == expected)
  assert agreement >= 0.999
