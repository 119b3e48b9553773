"""Scenes whose objects nobody knows: unknown, not none."""

import numpy as np
import pytest

from data_pipeline import (
  batch,
  example,
  in_memory,
  instances,
  scenes,
  unknown_instances,
)
from data_pipeline.cityscapes import labels


@pytest.fixture
def half(make_scenes):
  return unknown_instances.UnknownInstances(make_scenes(6), 0.5)


def known_of(source):
  return [source.read(i).instance_ids is not None for i in range(len(source))]


def test_a_share_of_the_scenes_keeps_its_instance_maps(make_scenes, half):
  assert sum(known_of(half)) == 3
  for share, number in ((0.0, 0), (1.0, 6), (0.1, 1), (0.6, 4)):
    source = unknown_instances.UnknownInstances(make_scenes(6), share)
    assert sum(known_of(source)) == number
    if share > 0.5:  # A larger share keeps those of a smaller one.
      assert all(np.array(known_of(source)) >= known_of(half))
  index = known_of(half).index(True)
  expected = make_scenes(6).read(index)
  np.testing.assert_array_equal(
    half.read(index).instance_ids, expected.instance_ids
  )


def test_unknown_objects_are_one_instance_of_each_class(make_scenes, half):
  index = known_of(half).index(False)
  got = example.read_example(half, index, position=0)
  label_map = make_scenes(6).read(index).label_map
  # Car and group of cars are 1, the bicycle is 2, the sky none.
  expected = np.select([label_map == 26, label_map == 33], [1, 2])
  np.testing.assert_array_equal(got[batch.INSTANCE_MAP], expected)
  assert not got[batch.HAS_INSTANCE_MAP]
  known = known_of(half).index(True)
  assert example.read_example(half, known, position=0)[batch.HAS_INSTANCE_MAP]


def test_a_mirrored_scene_has_the_same_classes(half):
  index = known_of(half).index(False)
  plain, mirrored = (
    example.read_example(half, index, position=0, flip=flip)
    for flip in (False, True)
  )
  np.testing.assert_array_equal(
    plain[batch.INSTANCE_MAP][:, ::-1], mirrored[batch.INSTANCE_MAP]
  )


def test_the_ids_of_classes_are_their_labels():
  label_map = np.array([[33, 7, 24, 24]])
  dense = instances.class_slots(label_map, labels.TABLE)
  assert dense.instance_ids == (24, 33)
  np.testing.assert_array_equal(dense.instance_map, [[2, 0, 1, 1]])
  assert dense.instance_map.dtype == np.uint16


def test_unknown_scenes_stay_unknown_in_memory_and_in_files(half, tmp_path):
  kept = in_memory.InMemory(half)
  kept.to_npz(tmp_path / 'scenes.npz')
  loaded = in_memory.InMemory.from_npz(tmp_path / 'scenes.npz')
  assert known_of(kept) == known_of(loaded) == known_of(half)


def test_scenes_say_which_objects_are_known(half):
  (read,) = scenes.read_scenes(half, 6)
  assert read.known == tuple(np.flatnonzero(known_of(half)))
  for index, ids in enumerate(read.instance_ids):
    assert (ids == (26, 33)) == (index not in read.known)
