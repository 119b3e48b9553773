import time

import numpy as np
import pytest

from data_pipeline import order
from data_pipeline.errors import InputError


def stream(num_steps, **settings):
  """The rows of several steps, one after another."""
  steps = [order.examples_of_step(k, **settings) for k in range(num_steps)]
  return order.Examples(*map(np.concatenate, zip(*steps, strict=True)))


@pytest.mark.parametrize('num_examples, batch_size', [(7, 3), (3, 8), (4, 4)])
def test_every_epoch_is_a_permutation(num_examples, batch_size):
  rows = stream(
    3 * num_examples, seed=0, batch_size=batch_size, num_examples=num_examples
  )
  epochs = rows.indices.reshape(-1, num_examples)
  assert len(epochs) == 3 * batch_size
  for epoch in epochs:
    np.testing.assert_array_equal(np.sort(epoch), np.arange(num_examples))


def test_epochs_and_seeds_differ():
  settings = {'batch_size': 100, 'num_examples': 100}
  first, second = (
    order.examples_of_step(k, seed=0, **settings).indices for k in (0, 1)
  )
  other = order.examples_of_step(0, seed=1, **settings).indices
  assert (first != second).any()
  assert (first != other).any()


def test_about_half_is_flipped_independently_of_the_epoch_before():
  rows = stream(40, seed=3, batch_size=100, num_examples=1000)
  epochs = rows.flips.reshape(4, 1000)
  # Binomial(1000, 1/2): 4 deviations are 63.
  assert (abs(epochs.sum(1) - 500) < 64).all()
  assert abs((epochs[0] == epochs[1]).sum() - 500) < 64


def test_step_does_not_depend_on_the_steps_before():
  settings = {'seed': 5, 'batch_size': 6, 'num_examples': 10}
  in_turn = [order.examples_of_step(k, **settings) for k in range(30)]
  order._epoch.cache_clear()
  for step in (29, 0, 17):
    alone = order.examples_of_step(step, **settings)
    for got, expected in zip(alone, in_turn[step], strict=True):
      np.testing.assert_array_equal(got, expected)


def test_late_steps_cost_no_more_than_early_ones():
  settings = {'seed': 0, 'batch_size': 16, 'num_examples': 2975}
  start = time.perf_counter()
  order.examples_of_step(10**12, **settings)
  assert time.perf_counter() - start < 1.0


def test_positions_count_the_stream_in_32_bits():
  rows = order.examples_of_step(2**30, seed=0, batch_size=4, num_examples=10)
  np.testing.assert_array_equal(rows.positions, [0, 1, 2, 3])
  assert rows.positions.dtype == np.uint32
  rows = order.examples_of_step(5, seed=0, batch_size=4, num_examples=10)
  np.testing.assert_array_equal(rows.positions, [20, 21, 22, 23])


@pytest.mark.parametrize('process_count', [2, 3])
def test_hosts_one_after_another_are_one_host(process_count):
  training = {'seed': 2, 'batch_size': 6, 'num_examples': 10}
  evaluation = {'batch_size': 6, 'num_examples': 10}
  for examples_of, settings in (
    (order.examples_of_step, training),
    (order.examples_of_eval_batch, evaluation),
  ):
    whole = examples_of(1, **settings)
    parts = [
      examples_of(1, process_index=p, process_count=process_count, **settings)
      for p in range(process_count)
    ]
    for field, shares in zip(whole, zip(*parts, strict=True), strict=True):
      np.testing.assert_array_equal(field, np.concatenate(shares))


@pytest.mark.parametrize('num_examples', [1, 5, 12, 13])
@pytest.mark.parametrize('batch_size, hosts', [(1, 1), (4, 2), (16, 4)])
def test_evaluation_counts_every_example_once(num_examples, batch_size, hosts):
  num_batches = order.num_eval_batches(
    batch_size=batch_size, num_examples=num_examples
  )
  seen = []
  for number in range(num_batches):
    for process_index in range(hosts):
      rows = order.examples_of_eval_batch(
        number,
        batch_size=batch_size,
        num_examples=num_examples,
        process_index=process_index,
        process_count=hosts,
      )
      assert len(rows.indices) == batch_size // hosts
      assert not rows.flips.any()
      np.testing.assert_array_equal(rows.indices, rows.positions)
      seen.extend(rows.indices[rows.mask])
  assert seen == list(range(num_examples))


def test_padding_repeats_a_valid_example():
  rows = order.examples_of_eval_batch(1, batch_size=4, num_examples=6)
  np.testing.assert_array_equal(rows.indices, [4, 5, 5, 5])
  np.testing.assert_array_equal(rows.mask, [True, True, False, False])


def test_batch_that_hosts_cannot_share_is_refused():
  with pytest.raises(InputError, match='batch_size 6 must be .* 4 processes'):
    order.rows_of_process(batch_size=6, num_examples=9, process_count=4)


def test_batch_of_nothing_is_refused():
  with pytest.raises(InputError, match='batch_size 0 must be a positive'):
    order.rows_of_process(batch_size=0, num_examples=9)


def test_empty_source_is_refused():
  with pytest.raises(InputError, match='empty: got 0 scenes'):
    order.rows_of_process(batch_size=4, num_examples=0)


def test_process_out_of_range_is_refused():
  with pytest.raises(ValueError, match=r'process_index must be in 0\.\.1'):
    order.rows_of_process(
      batch_size=4, num_examples=9, process_index=2, process_count=2
    )
