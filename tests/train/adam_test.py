import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from instgan_jax.checkpoints import manager
from instgan_jax.runtime import devices
from instgan_jax.train import adam
from instgan_jax.train import state as state_lib

PARAMS = {'w': jnp.arange(3.0)}


def updates_and_state(optimizer, num_steps=3):
  state, updates = optimizer.init(PARAMS), []
  for step in range(num_steps):
    gradient = {'w': jnp.array([1e-3, -2.0, 0.0]) * (step + 1)}
    update, state = optimizer.update(gradient, state, PARAMS)
    updates.append(update['w'])
  return updates, state


@pytest.mark.parametrize('b1', [0.0, 0.5])
def test_is_adam(b1):
  updates, _ = updates_and_state(adam.adam(0.1, b1=b1, b2=0.9))
  expected, _ = updates_and_state(optax.adam(0.1, b1=b1, b2=0.9))
  np.testing.assert_allclose(updates, expected, rtol=1e-6)


def test_without_momentum_it_keeps_one_moment_of_two():
  def num_values(b1):
    state = jax.eval_shape(adam.adam(0.1, b1=b1, b2=0.9).init, PARAMS)
    return sum(leaf.size for leaf in jax.tree.leaves(state))

  assert num_values(0.5) - num_values(0.0) == 3


def gan_state(optimizer):
  _, opt_state = updates_and_state(optimizer)
  return state_lib.GanState(
    step=jnp.int32(3),
    g_params=PARAMS,
    g_stats={},
    g_opt_state=opt_state,
    d_params=PARAMS,
    d_stats={},
    d_opt_state=opt_state,
    ema={},
  )


@pytest.mark.parametrize('b1', [0.0, 0.5])
def test_runs_that_kept_both_moments_continue(b1, tmp_path):
  # Until version 0.2 all did.
  saved = gan_state(optax.adam(lambda step: 0.1, b1=b1, b2=0.9))
  today = gan_state(adam.adam(lambda step: 0.1, b1=b1, b2=0.9))
  for name, state in {'older': saved, 'today': today}.items():
    with manager.Checkpoints(tmp_path / name) as checkpoints:
      checkpoints.save(3, devices.replicate(state))
    abstract = jax.tree.map(
      lambda x: jax.ShapeDtypeStruct(
        x.shape, x.dtype, sharding=devices.global_sharding()
      ),
      today,
    )
    with manager.Checkpoints(tmp_path / name) as checkpoints:
      known = adam.as_saved(abstract, checkpoints)
      restored = adam.completed(checkpoints.restore(known), abstract)
    jax.tree.map(np.testing.assert_array_equal, restored, today)
