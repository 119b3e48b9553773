import dataclasses

import numpy as np
import pytest

from data_pipeline import order
from data_pipeline.errors import InputError


def stream(num_steps, **settings):
  """The rows of several steps, one after another."""
  rows = order.TrainingOrder(**settings)
  steps = [rows.examples(k) for k in range(num_steps)]
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
  rows = order.TrainingOrder(seed=0, batch_size=100, num_examples=100)
  first, second = (rows.examples(k).indices for k in (0, 1))
  other = dataclasses.replace(rows, seed=1).examples(0).indices
  assert (first != second).any()
  assert (first != other).any()


def test_about_half_is_flipped_independently_of_the_epoch_before():
  rows = stream(40, seed=3, batch_size=100, num_examples=1000)
  epochs = rows.flips.reshape(4, 1000)
  # Binomial(1000, 1/2): 4 deviations are 63.
  assert (abs(epochs.sum(1) - 500) < 64).all()
  assert abs((epochs[0] == epochs[1]).sum() - 500) < 64


def test_nothing_is_flipped_without_flip_in_the_same_order():
  settings = {'seed': 3, 'batch_size': 100, 'num_examples': 1000}
  plain = stream(10, flip=False, **settings)
  assert not plain.flips.any()
  np.testing.assert_array_equal(plain.indices, stream(10, **settings).indices)


def test_step_does_not_depend_on_the_steps_before():
  rows = order.TrainingOrder(seed=5, batch_size=6, num_examples=10)
  in_turn = [rows.examples(k) for k in range(30)]
  # Epochs of other seeds displace those above from any cache.
  stream(10, seed=6, batch_size=6, num_examples=10)
  for step in (29, 0, 17):
    for got, expected in zip(rows.examples(step), in_turn[step], strict=True):
      np.testing.assert_array_equal(got, expected)


def test_late_steps_are_as_easy_as_early_ones():
  # Walking through the 10**16 examples before would never end.
  rows = order.TrainingOrder(seed=0, batch_size=16, num_examples=2975)
  late = rows.examples(10**15)
  assert len(late.indices) == 16
  assert (0 <= late.indices).all() and (late.indices < 2975).all()


def test_positions_count_the_stream_in_32_bits():
  rows = order.TrainingOrder(seed=0, batch_size=4, num_examples=10)
  wrapped = rows.examples(2**30).positions
  np.testing.assert_array_equal(wrapped, [0, 1, 2, 3])
  assert wrapped.dtype == np.uint32
  np.testing.assert_array_equal(rows.examples(5).positions, [20, 21, 22, 23])


@pytest.mark.parametrize('process_count', [2, 3])
def test_hosts_one_after_another_are_one_host(process_count):
  rows = order.TrainingOrder(seed=2, batch_size=6, num_examples=10)
  parts = []
  for p in range(process_count):
    host = dataclasses.replace(
      rows, process_index=p, process_count=process_count
    )
    parts.append(host.examples(1))
    assert host.num_rows == len(parts[-1].indices) == 6 // process_count
  for field, shares in zip(
    rows.examples(1), zip(*parts, strict=True), strict=True
  ):
    np.testing.assert_array_equal(field, np.concatenate(shares))


@pytest.mark.parametrize(
  ('changes', 'error', 'message'),
  [
    (
      {'batch_size': 6, 'process_count': 4},
      InputError,
      'batch_size 6 must be .* 4 processes',
    ),
    ({'batch_size': 0}, InputError, 'batch_size 0 must be a positive'),
    ({'num_examples': 0}, InputError, 'empty: got 0 scenes'),
    (
      {'process_index': 2, 'process_count': 2},
      ValueError,
      r'process_index must be in 0\.\.1',
    ),
  ],
)
def test_order_that_cannot_be_is_refused(changes, error, message):
  settings = {'batch_size': 4, 'num_examples': 9, 'seed': 0} | changes
  with pytest.raises(error, match=message):
    order.TrainingOrder(**settings)
