import itertools

import numpy as np
import pytest

from data_pipeline import batch, batches, order
from data_pipeline.errors import InputError


def order_of(num_examples, **changes):
  settings = {'batch_size': 4, 'seed': 7} | changes
  return order.TrainingOrder(num_examples=num_examples, **settings)


def take(iterator, count):
  return list(itertools.islice(iterator, count))


def test_batches_keep_the_contract(make_scenes):
  got = next(batches.train_batches(make_scenes(3), order_of(3)))
  assert {key: (str(a.dtype), a.shape) for key, a in got.items()} == {
    batch.IMAGE: ('uint8', (4, 4, 8, 3)),
    batch.LABEL_MAP: ('uint8', (4, 4, 8)),
    batch.INSTANCE_MAP: ('uint16', (4, 4, 8)),
    batch.HAS_INSTANCE_MAP: ('bool', (4,)),
    batch.POSITION: ('uint32', (4,)),
    batch.NUM_DROPPED_INSTANCES: ('int32', (4,)),
  }


def test_rows_are_the_examples_of_the_order(make_scenes):
  rows = order_of(5)
  for step, got in enumerate(
    take(batches.train_batches(make_scenes(5), rows), 4)
  ):
    expected = rows.examples(step)
    np.testing.assert_array_equal(got['image'][:, 0, 0, 2], expected.indices)
    np.testing.assert_array_equal(got['position'], expected.positions)


def test_start_step_equals_skipping(make_scenes, assert_same_batch):
  source = make_scenes(5)
  all_steps = take(batches.train_batches(source, order_of(5)), 9)
  later = batches.train_batches(source, order_of(5), start_step=6)
  for got, expected in zip(take(later, 3), all_steps[6:], strict=True):
    assert_same_batch(got, expected)


@pytest.mark.parametrize('process_count', [2, 4])
def test_hosts_one_after_another_are_one_host(
  make_scenes, assert_same_batch, process_count
):
  source = make_scenes(5)
  hosts = [
    take(
      batches.train_batches(
        source, order_of(5, process_index=p, process_count=process_count)
      ),
      2,
    )
    for p in range(process_count)
  ]
  expected = take(batches.train_batches(source, order_of(5)), 2)
  for step, whole in zip(zip(*hosts, strict=True), expected, strict=True):
    together = {k: np.concatenate([host[k] for host in step]) for k in step[0]}
    assert_same_batch(together, whole)


def test_only_the_scenes_of_the_host_are_read(make_scenes):
  source = make_scenes(100)
  rows = order_of(100, process_index=1, process_count=4)
  of_host = batches.train_batches(source, rows)
  assert not source.reads
  take(of_host, 3)
  assert source.reads == [int(rows.examples(k).indices[0]) for k in range(3)]


def test_flip_is_sampled_per_example_and_keeps_rows_aligned(make_scenes):
  source = make_scenes(5)
  flipped = []
  for got in take(batches.train_batches(source, order_of(5)), 10):
    for row in range(4):
      scene = source.read(int(got['image'][row, 0, 0, 2]))
      is_flipped = bool((got['label_map'][row] != scene.label_map).any())
      step = -1 if is_flipped else 1
      np.testing.assert_array_equal(got['image'][row], scene.image[:, ::step])
      np.testing.assert_array_equal(
        got['label_map'][row], scene.label_map[:, ::step]
      )
      np.testing.assert_array_equal(
        got['instance_map'][row] > 0, (scene.instance_ids >= 1000)[:, ::step]
      )
      flipped.append(is_flipped)
  # Binomial(40, 1/2) leaves 8..32 once in 16,000.
  assert 8 <= sum(flipped) <= 32


def test_flip_off_leaves_every_example_as_it_is(make_scenes):
  source = make_scenes(5)
  plain = batches.train_batches(source, order_of(5, flip=False))
  for got in take(plain, 5):
    np.testing.assert_array_equal(
      got['label_map'], np.stack([source.read(0).label_map] * 4)
    )


def test_dropped_instances_are_counted_in_the_batch(make_scenes):
  class Crowded(make_scenes):
    """257 persons, one over the maximum, of one pixel each."""

    def read(self, index):
      scene = super().read(index)
      ids = np.full((self.height, self.width), 7, np.uint16)
      ids.flat[:257] = np.arange(24000, 24257)
      labels = np.where(ids >= 1000, 24, ids).astype(np.uint8)
      return scene._replace(label_map=labels, instance_ids=ids)

  source = Crowded(5, height=12, width=24)
  got = next(batches.train_batches(source, order_of(5)))
  np.testing.assert_array_equal(got['num_dropped_instances'], [1, 1, 1, 1])
  assert got['instance_map'].max() == batch.MAX_INSTANCES


def test_scene_that_cannot_be_read_is_the_error_of_its_batch(make_scenes):
  class Damaged(make_scenes):
    def read(self, index):
      if index == 3:
        raise InputError('town_000003.png: cannot be read.')
      return super().read(index)

  rows = order_of(5, batch_size=1)
  step = next(k for k in range(5) if rows.examples(k).indices[0] == 3)
  damaged = batches.train_batches(Damaged(5), rows)
  take(damaged, step)
  with pytest.raises(InputError, match='town_000003.png: cannot be read'):
    next(damaged)
