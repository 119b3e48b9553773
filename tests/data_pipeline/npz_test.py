"""Damage of every kind is one error."""

import numpy as np
import pytest

from data_pipeline import npz


@pytest.fixture
def file(tmp_path):
  np.savez(tmp_path / 'a.npz', x=np.arange(400), y=np.ones(3))
  return tmp_path / 'a.npz'


def test_all_arrays_come_back(file):
  arrays = npz.load(file)
  assert sorted(arrays) == ['x', 'y']
  np.testing.assert_array_equal(arrays['x'], np.arange(400))


def test_a_flipped_bit_gives_the_same_arrays_or_the_error(file):
  sound = file.read_bytes()
  for position in range(0, len(sound), 7):
    for bit in (0, 3, 7):
      data = bytearray(sound)
      data[position] ^= 1 << bit
      file.write_bytes(data)
      try:
        arrays = npz.load(file)
      except npz.NpzError:
        continue
      for array in arrays.values():
        assert array.sum() in (np.arange(400).sum(), 3)


@pytest.mark.parametrize('content', [b'', b'text', b'PK\x03\x04'])
def test_other_files_are_told_apart(file, content):
  file.write_bytes(content)
  with pytest.raises(npz.NpzError, match='no .npz'):
    npz.load(file)


def test_a_lone_array_is_no_npz(file):
  with open(file, 'wb') as stream:
    np.save(stream, np.ones(3))
  with pytest.raises(npz.NpzError, match='no .npz'):
    npz.load(file)


def test_a_missing_file_and_objects_are_refused(tmp_path):
  with pytest.raises(npz.NpzError, match='No such file'):
    npz.load(tmp_path / 'b.npz')
  np.savez(tmp_path / 'c.npz', x=np.array([{}], object))
  with pytest.raises(npz.NpzError, match='pickle'):
    npz.load(tmp_path / 'c.npz')
