import itertools
import subprocess
import sys
import time

import numpy as np
import pytest

from data_pipeline import batches, order, tf_batches
from data_pipeline.errors import InputError

QUICKLY = {'num_threads': 3}


def order_of(num_examples, **changes):
  settings = {'batch_size': 4, 'seed': 7} | changes
  return order.TrainingOrder(num_examples=num_examples, **settings)


def take(iterator, count):
  return list(itertools.islice(iterator, count))


@pytest.mark.parametrize(
  ('changes', 'start_step'),
  [
    ({}, 0),
    ({}, 10**6),
    ({'process_index': 1, 'process_count': 2}, 0),
    ({'flip': False}, 0),
    ({'num_examples': 3}, 0),  # A batch of two epochs.
  ],
)
def test_batches_equal_those_without_tensorflow(
  make_scenes, assert_same_batch, changes, start_step
):
  rows = order_of(**{'num_examples': 5} | changes)
  source = make_scenes(rows.num_examples)
  got = tf_batches.train_batches(source, rows, start_step=start_step, **QUICKLY)
  expected = batches.train_batches(source, rows, start_step=start_step)
  for one, other in zip(take(got, 6), take(expected, 6), strict=True):
    assert_same_batch(one, other)


def test_flip_keeps_image_and_maps_aligned(make_scenes):
  iterator = tf_batches.train_batches(make_scenes(5), order_of(5), **QUICKLY)
  sides = []
  for got in take(iterator, 5):
    things = np.isin(got['label_map'], [26, 33]) & (got['instance_map'] > 0)
    np.testing.assert_array_equal(got['image'][..., 0], got['label_map'])
    np.testing.assert_array_equal(got['instance_map'] > 0, things)
    # The group of cars is at the left edge; it has no instance.
    sides.extend(got['label_map'][:, 2, 0] == 26)
    assert (got['label_map'][:, 2, 0] != got['label_map'][:, 2, -1]).all()
  assert 0 < sum(sides) < len(sides)


def test_ids_above_15_bits_survive(make_scenes):
  rows = order_of(1, batch_size=1, flip=False)
  got = next(tf_batches.train_batches(make_scenes(1), rows, **QUICKLY))
  # Scene 0 has car 26000, then bicycle 33007.
  np.testing.assert_array_equal(got['instance_map'][0, 3, 5:7], [2, 2])
  np.testing.assert_array_equal(got['label_map'][0, 3, 5:7], [33, 33])


def test_slow_reads_do_not_change_the_order(make_scenes, assert_same_batch):
  class Uneven(make_scenes):
    def read(self, index):
      time.sleep(0.02 if index % 2 else 0)
      return super().read(index)

  got = tf_batches.train_batches(Uneven(5), order_of(5), **QUICKLY)
  expected = batches.train_batches(make_scenes(5), order_of(5))
  for one, other in zip(take(got, 6), take(expected, 6), strict=True):
    assert_same_batch(one, other)


def test_errors_of_the_source_come_through_as_they_are(make_scenes):
  class Damaged(make_scenes):
    def read(self, index):
      if index == 3:
        raise InputError('town_000003.png: cannot be read.')
      return super().read(index)

  rows = order_of(5, batch_size=1)
  with pytest.raises(InputError) as error:
    take(tf_batches.train_batches(Damaged(5), rows, **QUICKLY), 5)
  assert str(error.value) == 'town_000003.png: cannot be read.'
  assert error.value.__suppress_context__


# TensorFlow's threads would wait for an interpreter that is gone.
@pytest.mark.slow
@pytest.mark.parametrize('last_words', ['', 'raise SystemExit(3)'])
def test_program_with_open_batches_ends(last_words):
  program = f"""
import time
import numpy as np
from data_pipeline import batch, order, tf_batches
from data_pipeline.cityscapes import labels

class Source:
  image_ids = ('a', 'b', 'c')
  label_table = labels.TABLE
  def __len__(self):
    return 3
  def read(self, index):
    time.sleep(0.05)
    ids = np.zeros((64, 128), np.uint16)
    return batch.Scene(
      np.zeros((64, 128, 3), np.uint8), ids.astype(np.uint8), ids
    )

rows = order.TrainingOrder(num_examples=3, batch_size=4, seed=0)
batches = tf_batches.train_batches(Source(), rows)
next(batches)
{last_words}
"""
  result = subprocess.run(
    [sys.executable, '-c', program], timeout=120, check=False
  )
  assert result.returncode == (3 if last_words else 0)
