"""The moving average of the generator, with numbers worked out by hand."""

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.train import ema
from instgan_jax.train import state as state_lib


def arrays(value):
  return {'w': jnp.full(3, value)}


def state(step, average=0.0):
  """A state whose live parameters are 11 and whose running means are 22."""
  return state_lib.GanState(
    step=jnp.int32(step),
    g_params={'generator': arrays(11.0), 'encoder': arrays(7.0)},
    g_stats={
      'generator': {'batch_stats': arrays(22.0), 'spectral_stats': arrays(5.0)},
      'encoder': {'spectral_stats': arrays(5.0)},
    },
    g_opt_state={},
    d_params=arrays(7.0),
    d_stats={},
    d_opt_state={},
    ema={'params': arrays(average), 'batch_stats': arrays(average)},
  )


def values(moved):
  return (
    np.asarray(moved.ema['params']['w']),
    np.asarray(moved.ema['batch_stats']['w']),
  )


def test_early_steps_have_a_smaller_decay():
  # Step 1: min(.5, 2 / 11), so that 9 / 11 of the live weights come in.
  params, stats = values(ema.update(state(1), 0.5))
  np.testing.assert_allclose(params, [9.0] * 3, rtol=1e-6)
  np.testing.assert_allclose(stats, [18.0] * 3, rtol=1e-6)


def test_late_steps_have_the_given_decay():
  # .9 * 1 + .1 * 11 = 2, .9 * 1 + .1 * 22 = 3.1.
  params, stats = values(ema.update(state(10_000, average=1.0), 0.9))
  np.testing.assert_allclose(params, [2.0] * 3, rtol=1e-6)
  np.testing.assert_allclose(stats, [3.1] * 3, rtol=1e-6)


def test_nothing_else_moves():
  before = state(4)
  after = ema.update(before, 0.9)
  jax.tree.map(
    np.testing.assert_array_equal,
    before.replace(ema={}),
    after.replace(ema={}),
  )


def test_the_average_is_of_the_generator_without_its_spectral_norms():
  start = state(0)
  averaged = ema.averaged_variables(start.g_params, start.g_stats)
  assert averaged == {
    'params': start.g_params['generator'],
    'batch_stats': start.g_stats['generator']['batch_stats'],
  }


def with_encoder(start):
  params = {**start.g_params, 'instance_encoder': arrays(3.0)}
  return start.replace(g_params=params)


def test_the_encoder_of_instances_is_averaged_beside_it():
  start = with_encoder(state(10_000, average=1.0))
  start = start.replace(ema={**start.ema, 'instance_encoder': arrays(1.0)})
  moved = ema.update(start, 0.9)
  # .9 * 1 + .1 * 3 = 1.2.
  average = moved.ema['instance_encoder']['w']
  np.testing.assert_allclose(average, [1.2] * 3, rtol=1e-6)
  assert set(state_lib.generator_variables(moved)) == {
    'params',
    'batch_stats',
    'spectral_stats',
  }


def test_decay_0_is_no_average():
  start = state(3).replace(ema={})
  assert ema.update(start, 0.0) is start


def test_inference_takes_the_average_where_there_is_one():
  start = state(3, average=1.0)
  spectral = start.g_stats['generator']['spectral_stats']
  averaged = {**start.ema, 'spectral_stats': spectral}
  live = {
    'params': start.g_params['generator'],
    **start.g_stats['generator'],
  }
  variables = state_lib.generator_variables
  for got, expected in (
    (variables(start), averaged),
    (variables(start, use_ema=False), live),
    (variables(start.replace(ema={})), live),
  ):
    assert got.keys() == expected.keys()
    assert all(got[key] is expected[key] for key in got)
