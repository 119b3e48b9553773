"""Weights of one run or method start another, or say by name why not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.train import warm_start
from tests import tiny

pytestmark = pytest.mark.slow


def state_of(method, value=0.0, **changes):
  """A state of the method's shapes, filled with one value."""
  config = tiny.config(method, **changes)
  modules = gan.networks(config)
  abstract = gan.abstract_state(config, modules, gan.optimizers(config, 6))
  return jax.tree.map(lambda x: jnp.full(x.shape, value, x.dtype), abstract)


def weights_of(method):
  """What `networks.load` gives of a run whose weights are all 5."""
  state = state_of(method, 5.0)
  return {
    'generator': {
      'params': state.g_params['generator'],
      **state.g_stats['generator'],
    },
    'discriminator': {'params': state.d_params, **state.d_stats},
  }


def test_label_only_weights_start_an_instance_model():
  weights = weights_of('l')
  fresh = state_of('lip')
  warm_start.check(fresh, weights, 'l')
  started = warm_start.apply(fresh, weights)
  generator = started.g_params['generator']
  assert np.all(generator['head_0']['conv_0']['kernel'] == 5.0)
  assert np.all(
    started.g_stats['generator']['batch_stats']['head_0']['norm_0']['norm'][
      'mean'
    ]
    == 5.0
  )
  assert np.all(jax.tree.leaves(started.d_params)[0] == 5.0)
  # What L does not have stays as it was initialized.
  assert np.all(generator['instance_style']['dense_0']['kernel'] == 0.0)
  assert np.all(generator['head_0']['norm_0']['instance']['kernel'] == 0.0)
  jax.tree.map(
    np.testing.assert_array_equal,
    started.ema['params'],
    started.g_params['generator'],
  )


def test_instance_weights_are_not_in_a_label_only_model():
  weights = weights_of('lip')
  with pytest.raises(InputError) as caught:
    warm_start.check(state_of('l'), weights, 'runs/lip')
  message = str(caught.value)
  assert 'The weights in runs/lip do not fit' in message
  assert 'instance_style/dense_0/kernel is not in this model' in message


def test_another_width_lists_every_parameter():
  weights = weights_of('l')
  wide = state_of('l', model__base_channels=4)
  with pytest.raises(InputError) as caught:
    warm_start.check(wide, weights, 'l')
  message = str(caught.value)
  assert 'generator/params/conv_img/kernel is (3, 3, 2, 3), the model has' in (
    message
  )
  assert message.count('the model has') > 20


def test_an_export_starts_no_run():
  weights = weights_of('l')
  del weights['generator']['spectral_stats']
  with pytest.raises(InputError, match='weights in out are an export'):
    warm_start.check(state_of('l'), weights, 'out')


def test_networks_that_are_not_given_start_from_nothing():
  weights = weights_of('l')
  fresh = state_of('lip')
  assert warm_start.summary(fresh, weights, 'runs/l') == (
    'Starts from runs/l: its generator with fresh instance branches, its '
    'discriminator.'
  )
  del weights['discriminator']
  assert warm_start.summary(fresh, weights, 'runs/l').endswith(
    'instance branches, a fresh discriminator.'
  )
  warm_start.check(fresh, weights, 'runs/l')
  started = warm_start.apply(fresh, weights)
  assert np.all(jax.tree.leaves(started.d_params)[0] == 0.0)
  assert warm_start.summary(state_of('l'), weights, 'x').startswith(
    'Starts from x: its generator, '
  )


def test_an_encoder_that_is_not_used_is_left_out():
  weights = weights_of('l') | {'encoder': {'params': {'w': np.zeros(3)}}}
  warm_start.check(state_of('l'), weights, 'x')
  assert 'encoder' not in warm_start.apply(state_of('l'), weights).g_params


def test_no_leaf_of_the_state_is_there_twice():
  # The step donates every leaf by itself.
  started = warm_start.apply(state_of('lip'), weights_of('lip'))
  buffers = [leaf.unsafe_buffer_pointer() for leaf in jax.tree.leaves(started)]
  assert len(set(buffers)) == len(buffers)
