import io

import numpy as np
import pytest

from data_pipeline import in_memory
from data_pipeline.errors import InputError


def test_source_is_read_once(make_scenes):
  source = make_scenes(20)
  kept = in_memory.InMemory(source)
  reads = len(source.reads)
  assert kept.image_ids == source.image_ids
  for index in range(20):
    for got, expected in zip(
      kept.read(index), make_scenes(20).read(index), strict=True
    ):
      assert got.dtype == expected.dtype
      np.testing.assert_array_equal(got, expected)
  # The first scene is read twice, for its size.
  assert reads == len(source.reads) == 21


def test_scenes_of_two_sizes_are_refused(make_scenes):
  class TwoSizes(make_scenes):
    def read(self, index):
      self.width = 8 if index < 3 else 10
      return super().read(index)

  with pytest.raises(InputError, match=r'town_000003: .*\(4, 10, 3\).*size'):
    in_memory.InMemory(TwoSizes(5), num_threads=1)


def test_npz_round_trip(make_scenes, tmp_path):
  path = tmp_path / 'scenes.npz'
  source = in_memory.InMemory(make_scenes(3))
  source.to_npz(path)
  loaded = in_memory.InMemory.from_npz(path)
  assert loaded.image_ids == source.image_ids
  assert [f.name for f in tmp_path.iterdir()] == ['scenes.npz']
  assert loaded.instance_ids.dtype == np.uint16
  assert 33007 in loaded.instance_ids
  for name in ('images', 'label_maps', 'instance_ids'):
    np.testing.assert_array_equal(getattr(loaded, name), getattr(source, name))


def test_missing_npz_is_named(tmp_path):
  with pytest.raises(InputError, match='absent.npz: cannot be read .*to_npz'):
    in_memory.InMemory.from_npz(tmp_path / 'absent.npz')


def one_array():
  file = io.BytesIO()
  np.save(file, np.zeros(3))
  return file.getvalue()


@pytest.mark.parametrize(
  'content', [b'', b'not an archive', b'PK\3\4 cut', one_array()]
)
def test_damaged_npz_is_named(tmp_path, content):
  path = tmp_path / 'scenes.npz'
  path.write_bytes(content)
  with pytest.raises(InputError, match='scenes.npz: cannot be read'):
    in_memory.InMemory.from_npz(path)


@pytest.mark.parametrize(
  'change',
  [
    {'instance_ids': np.zeros((2, 4, 8), np.uint8)},
    {'label_maps': np.zeros((2, 4, 6), np.uint8)},
    {'image_ids': np.array(['a', 'b', 'c'])},
    {'extra': np.zeros(3)},
  ],
)
def test_npz_of_other_arrays_is_refused(make_scenes, tmp_path, change):
  source = in_memory.InMemory(make_scenes(2))
  names = ('image_ids', 'images', 'label_maps', 'instance_ids')
  arrays = {name: np.array(getattr(source, name)) for name in names} | change
  path = tmp_path / 'scenes.npz'
  np.savez(path, **arrays)
  with pytest.raises(InputError, match=r'scenes.npz: got arrays .*expected im'):
    in_memory.InMemory.from_npz(path)


def test_npz_of_disagreeing_maps_is_refused(make_scenes, tmp_path):
  source = in_memory.InMemory(make_scenes(2))
  source.label_maps[1, 0, 0] = 5
  source.to_npz(tmp_path / 'scenes.npz')
  with pytest.raises(InputError, match='scene town_000001: .* disagree in 1'):
    in_memory.InMemory.from_npz(tmp_path / 'scenes.npz')


def test_npz_without_a_scene_is_refused(make_scenes, tmp_path):
  path = tmp_path / 'scenes.npz'
  in_memory.InMemory(make_scenes(1)).to_npz(path)
  with np.load(path) as arrays:
    np.savez(
      path, **{key: array[:0] for key, array in arrays.items() if array.ndim}
    )
  with pytest.raises(InputError, match='scenes.npz: holds no scene'):
    in_memory.InMemory.from_npz(path)
