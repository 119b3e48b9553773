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


def test_frozen_weights_are_an_argument_and_stay():
  def step(state, batch, frozen):
    mean = jax.lax.pmean(batch['x'].mean(), devices.AXIS_NAME)
    return state + frozen['scale'] * mean, {}

  state, scale = devices.replicate((jnp.zeros(()), {'scale': jnp.array(2.0)}))
  run = devices.parallelize(step, has_frozen=True)
  for _ in range(2):
    state, _ = run(state, devices.shard_for_pmap({'x': np.arange(8.0)}), scale)
  assert float(state) == 14.0
  assert not scale['scale'].is_deleted()


@pytest.mark.parametrize('size', [0, 2, 6])
def test_batch_must_be_divisible_by_devices(size):
  with pytest.raises(InputError, match=f'batch_size {size} .* 4 devices'):
    devices.check_batch_size(size)
  devices.check_batch_size(8)


@pytest.mark.parametrize('num_rows', [1, 4, 6, 8])
def test_shard_for_jit_fills_up_with_the_last_row(num_rows):
  values = np.arange(num_rows * 2, dtype=np.float32).reshape(num_rows, 2)
  sharded = devices.shard_for_jit({'x': values})['x']
  assert len(sharded) % 4 == 0 and len(sharded) < num_rows + 4
  assert len(sharded.sharding.device_set) == 4
  np.testing.assert_array_equal(sharded[:num_rows], values)
  for row in np.asarray(sharded[num_rows:]):
    np.testing.assert_array_equal(row, values[-1])


@pytest.fixture(scope='module')
def rowwise():
  """A program of which every row has a sum of many rounded terms."""
  compilations = []
  matrix = np.random.default_rng(0).normal(size=(37, 5)).astype(np.float32)

  @jax.jit
  def function(*, x, scale):
    compilations.append(x.shape)  # While it is traced.
    return jnp.tanh(x @ matrix) * scale[:, None]

  rng = np.random.default_rng(1)
  batch = {
    'x': rng.normal(size=(11, 37)).astype(np.float32),
    'scale': rng.normal(size=11).astype(np.float32),
  }
  return function, batch, compilations


def test_map_rows_gives_a_row_for_each_in_order(rowwise):
  function, batch, _ = rowwise
  # 11 rows, 4 at a time, are 4, 4, and 3 with a copy.
  results = devices.map_rows(function, batch, num_rows=4)
  assert isinstance(results, np.ndarray) and results.shape == (11, 5)
  expected = function(**devices.shard_for_jit(batch))[:11]
  np.testing.assert_allclose(results, expected, rtol=1e-5, atol=1e-6)


def test_map_rows_compiles_once_for_any_number_of_rows(rowwise):
  function, batch, compilations = rowwise
  compilations.clear()
  function.clear_cache()
  for size in (11, 4, 3, 1, 8):
    rows = {key: value[:size] for key, value in batch.items()}
    assert len(devices.map_rows(function, rows, num_rows=4)) == size
  assert compilations == [(4, 37)]


@pytest.mark.parametrize('num_rows', [1, 3, 4, 6])
def test_map_rows_gives_a_row_the_same_bits_alone_and_together(
  rowwise, num_rows
):
  function, batch, _ = rowwise
  together = devices.map_rows(function, batch, num_rows=num_rows)
  for row in (0, 5, 10):
    alone = devices.map_rows(
      function,
      {k: v[row : row + 1] for k, v in batch.items()},
      num_rows=num_rows,
    )
    np.testing.assert_array_equal(alone[0], together[row])


def test_one_process_agrees_with_itself():
  assert devices.agreed(True) is True and devices.agreed(False) is False
  tree = devices.replicate({'w': np.ones(2)})
  assert devices.to_local(tree) is tree
  assert len(devices.global_sharding().device_set) == 4
  (leaf,) = devices.to_global(tree).values()
  assert leaf.devices() == {jax.devices()[0]} and len(tree['w'].devices()) == 4
  np.testing.assert_array_equal(leaf, tree['w'])


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


def test_prefetch_ends_with_its_batches():
  fetched = devices.prefetch(iter([{'x': np.zeros(4)}] * 5), depth=1)
  assert len(list(fetched)) == 5


def test_prefetch_ends_its_thread_when_closed():
  def endless():
    while True:
      yield {'x': np.zeros(4)}

  fetched = devices.prefetch(endless())
  next(fetched)
  assert any(t.name == 'prefetch' for t in threading.enumerate())
  fetched.close()
  assert not any(t.name == 'prefetch' for t in threading.enumerate())
