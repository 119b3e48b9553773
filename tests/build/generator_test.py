"""The generator of a configuration, for training and for inference."""

import jax
import jax.numpy as jnp
import pytest

from data_pipeline.errors import InputError
from instgan_jax.build import gan, generator
from tests import tiny


def test_inference_and_training_build_the_same_generator():
  config = tiny.config()
  networks = gan.networks(config)
  module, latent_shape = generator.build(config)
  assert module == networks.generator
  assert latent_shape == networks.latent_shape == (256, 64)
  assert module.image_size == (32, 64)


@pytest.mark.parametrize('name', ['float32', 'bfloat16'])
def test_dtype_is_that_of_the_configuration(name):
  config = tiny.config(dtype=name)
  assert generator.dtype(config) == jnp.dtype(name)
  assert generator.build(config)[0].dtype == jnp.dtype(name)


def test_unknown_dtype_is_refused():
  message = "dtype is 'float16', expected one of 'float32', 'bfloat16'"
  with pytest.raises(InputError, match=message):
    generator.build(tiny.config(dtype='float16'))


def test_folded_weights_need_no_spectral_norm():
  module, latent_shape = generator.build(tiny.config(), use_spectral_norm=False)
  maps = jnp.zeros((1, 32, 64), jnp.int32)
  variables = jax.eval_shape(
    lambda: module.init(
      jax.random.key(0), maps, maps, jnp.zeros((1, *latent_shape)), train=False
    )
  )
  assert set(variables) == {'params', 'batch_stats'}
