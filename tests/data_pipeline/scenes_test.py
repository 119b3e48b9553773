import threading

import numpy as np
import pytest

from data_pipeline import scenes
from data_pipeline.errors import InputError


@pytest.mark.parametrize('num_scenes', [1, 5, 12, 13])
@pytest.mark.parametrize('batch_size', [1, 4, 16])
def test_every_scene_comes_once_in_order(make_scenes, num_scenes, batch_size):
  source = make_scenes(num_scenes)
  got = list(scenes.read_scenes(source, batch_size))
  # The last one is not padded: 13 scenes by 4 are 4, 4, 4 and 1.
  sizes = [len(some.names) for some in got]
  assert all(size == batch_size for size in sizes[:-1])
  assert 1 <= sizes[-1] <= batch_size and sum(sizes) == num_scenes
  names = [name for some in got for name in some.names]
  assert names == list(source.image_ids)
  indices = np.concatenate([some.images[:, 0, 0, 2] for some in got])
  np.testing.assert_array_equal(indices, np.arange(num_scenes))
  assert sorted(source.reads) == list(range(num_scenes))


def test_arrays_are_those_of_the_source(make_scenes):
  source = make_scenes(3)
  (got,) = scenes.read_scenes(source, 4)
  for index in range(3):
    scene = source.read(index)
    np.testing.assert_array_equal(got.images[index], scene.image)
    np.testing.assert_array_equal(got.label_maps[index], scene.label_map)
    np.testing.assert_array_equal(
      got.instance_maps[index] > 0, scene.instance_ids >= 1000
    )
  dtypes = [a.dtype for a in (got.images, got.label_maps, got.instance_maps)]
  assert dtypes == [np.uint8, np.uint8, np.uint16]


def test_ids_lead_back_from_the_dense_ones(make_scenes):
  source = make_scenes(3)
  (got,) = scenes.read_scenes(source, 4)
  assert got.instance_ids == tuple((26000 + i, 33007) for i in range(3))
  for index in range(3):
    ids = source.read(index).instance_ids
    np.testing.assert_array_equal(
      np.array([0, *got.instance_ids[index]])[got.instance_maps[index]],
      np.where(ids >= 1000, ids, 0),
    )


def test_hashes_tell_images_apart_and_do_not_depend_on_the_batch(make_scenes):
  hashes = [
    [
      key
      for some in scenes.read_scenes(make_scenes(5), size)
      for key in some.image_hashes
    ]
    for size in (2, 5)
  ]
  assert hashes[0] == hashes[1] and len(set(hashes[0])) == 5
  # SHA-256 of b'(4, 8, 3)' and the pixels.
  assert all(len(key) == 64 for key in hashes[0])


def test_hash_is_of_the_size_too():
  def hash_of(shape):
    image = np.zeros((1, *shape), np.uint8)
    maps = image[..., 0]
    return scenes.Scenes(('a',), image, maps, maps, ((),)).image_hashes

  assert hash_of((4, 8, 3)) != hash_of((8, 4, 3))


def test_reading_is_a_little_ahead(make_scenes):
  class Waiting(make_scenes):
    """Each of two reads waits for another one."""

    barrier = threading.Barrier(2, timeout=30)

    def read(self, index):
      self.barrier.wait()
      return super().read(index)

  source = Waiting(4)
  assert len(list(scenes.read_scenes(source, 1))) == 4

  source = make_scenes(1000)
  next(iterator := scenes.read_scenes(source, 1))
  iterator.close()
  assert len(source.reads) < 50


def test_scene_that_cannot_be_read_is_an_error(make_scenes):
  class Damaged(make_scenes):
    def read(self, index):
      if index == 3:
        raise InputError('town_000003.png: cannot be read.')
      return super().read(index)

  iterator = scenes.read_scenes(Damaged(5), 2)
  assert next(iterator).names == ('town_000000', 'town_000001')
  with pytest.raises(InputError, match='town_000003.png: cannot be read'):
    next(iterator)
