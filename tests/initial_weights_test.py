"""Weights of one run or method start another, or say by name why not."""

import functools

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax import build, checkpoint, initial_weights
from tests import tiny


@functools.cache
def state_of(method, **changes):
  config = tiny.config(method, **changes)
  networks = build.networks(config)
  return build.initial_state(config, networks, build.optimizers(config, 6))


def saved(folder, method):
  state = state_of(method, seed=5)
  weights = initial_weights._variables(state)
  checkpoint.save_tree(folder, weights)
  return initial_weights.load(str(folder)), weights


def test_label_only_weights_start_an_instance_model(tmp_path):
  weights, source = saved(tmp_path / 'l', 'l')
  fresh = state_of('lip')
  initial_weights.check(fresh, weights, 'l')
  placed = initial_weights.place(fresh, weights)
  block = placed.g_params['generator']['head_0']['conv_0']
  np.testing.assert_array_equal(
    block['kernel'], source['generator']['params']['head_0']['conv_0']['kernel']
  )
  # What L does not have stays as it was drawn.
  jax.tree.map(
    np.testing.assert_array_equal,
    placed.g_params['generator']['instance_style'],
    fresh.g_params['generator']['instance_style'],
  )
  jax.tree.map(
    np.testing.assert_array_equal,
    placed.ema['params'],
    placed.g_params['generator'],
  )


def test_instance_weights_have_no_place_in_a_label_only_model(tmp_path):
  weights, _ = saved(tmp_path / 'lip', 'lip')
  with pytest.raises(InputError) as caught:
    initial_weights.check(state_of('l'), weights, 'runs/lip')
  message = str(caught.value)
  assert 'The weights in runs/lip do not fit' in message
  assert 'instance_style/dense_0/kernel has no place' in message


def test_another_width_lists_every_parameter(tmp_path):
  weights, _ = saved(tmp_path / 'l', 'l')
  wide = state_of('l', model__base_channels=4)
  with pytest.raises(InputError) as caught:
    initial_weights.check(wide, weights, 'l')
  message = str(caught.value)
  assert 'generator/params/conv_img/kernel is (3, 3, 2, 3), the model has' in (
    message
  )
  assert message.count('the model has') > 20


def test_a_folder_of_something_else_is_refused(tmp_path):
  checkpoint.save_tree(tmp_path / 'x', {'vgg19': {'w': np.zeros(3)}})
  with pytest.raises(InputError, match='holds vgg19, expected weights'):
    initial_weights.load(str(tmp_path / 'x'))
