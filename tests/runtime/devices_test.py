import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.runtime import devices


def test_shard_splits_rows_over_devices_in_order():
  batch = {'x': np.arange(8)}
  sharded = devices.shard_for_pmap(batch)['x']
  np.testing.assert_array_equal(sharded, [[0, 1], [2, 3], [4, 5], [6, 7]])
  assert len(sharded.sharding.device_set) == 4


def test_replicate_adds_no_axis():
  tree = devices.replicate({'w': np.ones(3)})
  assert tree['w'].shape == (3,)
  assert len(tree['w'].addressable_shards) == 4


def test_parallelize_keeps_the_state_replicated_and_donates_it():
  def step(state, batch):
    mean = jax.lax.pmean(batch['x'].mean(), devices.AXIS_NAME)
    return state + mean, {'mean': mean}

  state = devices.replicate(jnp.zeros(2))
  run = devices.parallelize(step)
  new_state, metrics = run(state, devices.shard_for_pmap({'x': np.arange(8.0)}))
  np.testing.assert_array_equal(new_state, [3.5, 3.5])
  assert float(metrics['mean']) == 3.5
  assert state.is_deleted()


@pytest.mark.parametrize('size', [0, 2, 6])
def test_batch_must_be_divisible_by_devices(size):
  with pytest.raises(InputError, match=f'batch_size {size} .* 4 devices'):
    devices.check_batch_size(size)
  devices.check_batch_size(8)


def test_prefetch_keeps_the_order_and_raises_at_the_right_place():
  def batches():
    for k in range(3):
      yield {'x': np.full(4, k)}
    raise InputError('scene 3 is broken')

  fetched = devices.prefetch(batches())
  for k in range(3):
    np.testing.assert_array_equal(next(fetched)['x'], np.full((4, 1), k))
  with pytest.raises(InputError, match='scene 3 is broken'):
    next(fetched)


def test_prefetch_ends_its_thread_when_closed():
  def endless():
    while True:
      yield {'x': np.zeros(4)}

  fetched = devices.prefetch(endless())
  next(fetched)
  assert any(t.name == 'prefetch' for t in threading.enumerate())
  fetched.close()
  assert not any(t.name == 'prefetch' for t in threading.enumerate())
