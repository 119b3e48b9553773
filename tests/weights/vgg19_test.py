import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.pretrained import vgg19
from instgan_jax.weights import vgg19 as vgg19_weights


@functools.cache
def state_dict():
  weights = {}
  for number, _, in_channels, channels in vgg19_weights.CONVOLUTIONS:
    shape = (channels, in_channels, 3, 3)
    weights[f'features.{number}.weight'] = np.zeros(shape, np.float32)
    weights[f'features.{number}.bias'] = np.zeros(channels, np.float32)
  return weights


def test_converted_variables_are_those_of_the_module():
  variables = vgg19_weights.vgg19_variables(state_dict())
  expected = jax.eval_shape(
    vgg19.Vgg19().init, jax.random.key(0), jnp.zeros((1, 32, 32, 3))
  )
  shapes = functools.partial(jax.tree.map, jnp.shape)
  assert shapes(variables) == shapes(expected)


def test_layers_behind_relu5_1_may_be_there():
  weights = state_dict() | {
    'features.34.bias': np.zeros(512),
    'classifier.6.bias': np.zeros(1000),
  }
  vgg19_weights.vgg19_variables(weights)


def test_a_vgg_with_batch_norm_is_refused():
  weights = state_dict() | {'features.1.running_mean': np.zeros(64)}
  with pytest.raises(InputError, match='extra: features.1.running_mean'):
    vgg19_weights.vgg19_variables(weights)
