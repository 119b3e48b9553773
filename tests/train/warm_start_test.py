"""Weights of one run or method start another, or say by name why not."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.build import gan
from instgan_jax.checkpoints import networks, weights_folder
from instgan_jax.train import warm_start
from tests import tiny


def state_of(method, value=0.0, **changes):
  """A state of the method's shapes, filled with one value."""
  config = tiny.config(method, **changes)
  networks = gan.networks(config)
  abstract = gan.abstract_state(config, networks, gan.optimizers(config, 6))
  return jax.tree.map(lambda x: jnp.full(x.shape, value, x.dtype), abstract)


def saved(folder, method):
  weights = warm_start._variables(state_of(method, 5.0))
  weights_folder.save_tree(folder, weights)
  return networks.load(str(folder))


def test_label_only_weights_start_an_instance_model(tmp_path):
  weights = saved(tmp_path / 'l', 'l')
  fresh = state_of('lip')
  warm_start.check(fresh, weights, 'l')
  placed = warm_start.place(fresh, weights)
  generator = placed.g_params['generator']
  assert np.all(generator['head_0']['conv_0']['kernel'] == 5.0)
  assert np.all(
    placed.g_stats['generator']['batch_stats']['head_0']['norm_0']['norm'][
      'mean'
    ]
    == 5.0
  )
  assert np.all(jax.tree.leaves(placed.d_params)[0] == 5.0)
  # What L does not have stays as it was drawn.
  assert np.all(generator['instance_style']['dense_0']['kernel'] == 0.0)
  assert np.all(generator['head_0']['norm_0']['instance']['kernel'] == 0.0)
  jax.tree.map(
    np.testing.assert_array_equal,
    placed.ema['params'],
    placed.g_params['generator'],
  )


def test_instance_weights_have_no_place_in_a_label_only_model(tmp_path):
  weights = saved(tmp_path / 'lip', 'lip')
  with pytest.raises(InputError) as caught:
    warm_start.check(state_of('l'), weights, 'runs/lip')
  message = str(caught.value)
  assert 'The weights in runs/lip do not fit' in message
  assert 'instance_style/dense_0/kernel has no place' in message


def test_another_width_lists_every_parameter(tmp_path):
  weights = saved(tmp_path / 'l', 'l')
  wide = state_of('l', model__base_channels=4)
  with pytest.raises(InputError) as caught:
    warm_start.check(wide, weights, 'l')
  message = str(caught.value)
  assert 'generator/params/conv_img/kernel is (3, 3, 2, 3), the model has' in (
    message
  )
  assert message.count('the model has') > 20


def test_a_folder_of_something_else_is_refused(tmp_path):
  weights_folder.save_tree(tmp_path / 'x', {'vgg19': {'w': np.zeros(3)}})
  with pytest.raises(InputError, match='holds vgg19, expected weights'):
    networks.load(str(tmp_path / 'x'))


def test_an_export_starts_no_run(tmp_path):
  weights = saved(tmp_path / 'l', 'l')
  del weights['generator']['spectral_stats']
  with pytest.raises(InputError, match='weights in out are an export'):
    warm_start.check(state_of('l'), weights, 'out')
