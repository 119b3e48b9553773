import itertools
import subprocess
import sys
import time

import numpy as np
import pytest

from data_pipeline import batches, tf_batches
from data_pipeline.errors import InputError

SETTINGS = {'batch_size': 4, 'seed': 7}
QUICKLY = {'num_threads': 3}


def take(batches, count):
  return list(itertools.islice(batches, count))


@pytest.mark.parametrize(
  'options',
  [
    {},
    {'start_step': 10**6},
    {'process_index': 1, 'process_count': 2},
    {'flip': False},
    {'max_instances': 1},
  ],
)
def test_training_batches_equal_those_without_tensorflow(
  make_scenes, assert_same_batch, options
):
  source = make_scenes(5)
  options = SETTINGS | options
  got = take(tf_batches.train_batches(source, **options, **QUICKLY), 6)
  expected = take(batches.train_batches(source, **options), 6)
  for one, other in zip(got, expected, strict=True):
    assert_same_batch(one, other)


@pytest.mark.parametrize('num_examples', [3, 8, 9])
@pytest.mark.parametrize('process_index, process_count', [(0, 1), (1, 2)])
def test_evaluation_batches_equal_those_without_tensorflow(
  make_scenes, assert_same_batch, num_examples, process_index, process_count
):
  source = make_scenes(num_examples)
  hosts = {'process_index': process_index, 'process_count': process_count}
  got = list(tf_batches.eval_batches(source, batch_size=4, **hosts, **QUICKLY))
  expected = list(batches.eval_batches(source, batch_size=4, **hosts))
  assert len(got) == -(-num_examples // 4)
  for one, other in zip(got, expected, strict=True):
    assert_same_batch(one, other)


def test_flip_keeps_image_and_maps_aligned(make_scenes):
  batches = tf_batches.train_batches(make_scenes(5), **SETTINGS, **QUICKLY)
  sides = []
  for got in take(batches, 5):
    things = np.isin(got['label_map'], [26, 33]) & (got['instance_map'] > 0)
    np.testing.assert_array_equal(got['image'][..., 0], got['label_map'])
    np.testing.assert_array_equal(got['instance_map'] > 0, things)
    # The group of cars lies at the left edge; it has no instance.
    sides.extend(got['label_map'][:, 2, 0] == 26)
    assert (got['label_map'][:, 2, 0] != got['label_map'][:, 2, -1]).all()
  assert 0 < sum(sides) < len(sides)


def test_ids_above_15_bits_survive(make_scenes):
  got = next(tf_batches.eval_batches(make_scenes(1), batch_size=1, **QUICKLY))
  # Scene 0 has car 26000, then bicycle 33007.
  np.testing.assert_array_equal(got['instance_map'][0, 3, 5:7], [2, 2])
  np.testing.assert_array_equal(got['label_map'][0, 3, 5:7], [33, 33])


def test_slow_reads_do_not_change_the_order(make_scenes, assert_same_batch):
  class Uneven(make_scenes):
    def read(self, index):
      time.sleep(0.02 if index % 2 else 0)
      return super().read(index)

  got = take(tf_batches.train_batches(Uneven(5), **SETTINGS, **QUICKLY), 6)
  expected = take(batches.train_batches(make_scenes(5), **SETTINGS), 6)
  for one, other in zip(got, expected, strict=True):
    assert_same_batch(one, other)


def test_errors_of_the_source_come_through_as_they_are(make_scenes):
  class Damaged(make_scenes):
    def read(self, index):
      if index == 3:
        raise InputError('town_000003.png: cannot be read.')
      return super().read(index)

  batches = tf_batches.eval_batches(Damaged(5), batch_size=1, **QUICKLY)
  with pytest.raises(InputError) as error:
    list(batches)
  assert str(error.value) == 'town_000003.png: cannot be read.'
  assert error.value.__suppress_context__


def test_wrong_batch_size_is_refused_before_the_first_batch(make_scenes):
  with pytest.raises(InputError, match='batch_size 6 .* 4 processes'):
    tf_batches.train_batches(
      make_scenes(5), batch_size=6, seed=0, process_count=4
    )
  with pytest.raises(InputError, match='batch_size 6 .* 4 processes'):
    tf_batches.eval_batches(make_scenes(5), batch_size=6, process_count=4)


# TensorFlow's threads would wait for an interpreter that is gone.
@pytest.mark.slow
@pytest.mark.parametrize('last_words', ['', 'raise SystemExit(3)'])
def test_program_with_open_batches_ends(last_words):
  program = f"""
import time
import numpy as np
from data_pipeline import batch, pipeline

class Source:
  image_ids = ('a', 'b', 'c')
  def __len__(self):
    return 3
  def read(self, index):
    time.sleep(0.05)
    ids = np.zeros((64, 128), np.uint16)
    return batch.Scene(
      np.zeros((64, 128, 3), np.uint8), ids.astype(np.uint8), ids
    )

batches = pipeline.train_batches(Source(), batch_size=4, seed=0)
next(batches)
{last_words}
"""
  result = subprocess.run(
    [sys.executable, '-c', program], timeout=120, check=False
  )
  assert result.returncode == (3 if last_words else 0)
