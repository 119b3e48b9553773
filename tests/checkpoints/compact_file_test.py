"""A compact file gives back every number, rounded to bfloat16."""

import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import compact_file, weights_folder


def test_numbers_come_back_rounded_to_bfloat16(tmp_path):
  numbers = np.float32([0.0, -0.0, 1.0, -2.5, 1e-30, 3e38, np.pi, 1.00390625])
  normal = np.random.default_rng(0).normal(size=(3, 4, 5)).astype(np.float32)
  tree = {'a': {'b': numbers, 'c': normal}, 'd': np.float32(0.1)}
  compact_file.save(tmp_path / 'weights.npz', tree)
  loaded = compact_file.load(tmp_path / 'weights.npz')
  assert set(loaded) == {'a', 'd'} and loaded['d'].shape == ()
  # Of 8 bits. 1 + 2**-8 is half way and goes to the even neighbor, 1.
  assert loaded['a']['b'][-1] == 1.0 and loaded['a']['b'][-2] == 3.140625
  for given, found in ((numbers, loaded['a']['b']), (normal, loaded['a']['c'])):
    assert found.dtype == np.float32
    np.testing.assert_array_equal(
      found, given.astype(jnp.bfloat16).astype(np.float32)
    )


def test_normal_numbers_take_seven_tenths_of_their_two_bytes(tmp_path):
  """The high byte of N(0, 0.05**2) has 2.7 bits, the low one 8."""
  normal = np.random.default_rng(0).normal(scale=0.05, size=200_000)
  compact_file.save(tmp_path / 'weights.npz', {'w': normal})
  size = (tmp_path / 'weights.npz').stat().st_size
  assert 0.64 < size / (2 * normal.size) < 0.73


def test_a_folder_has_them_in_the_place_of_the_tree(tmp_path):
  tree = {'generator': {'params': {'w': np.arange(3.0, dtype=np.float32)}}}
  folder = tmp_path / 'small'
  weights_folder.save(folder, tree, {'weights.json': '{}'}, is_compact=True)
  assert {path.name for path in folder.iterdir()} == {
    'weights.npz',
    'weights.json',
    'sha256.json',
  }
  restored = weights_folder.restore(folder)
  np.testing.assert_array_equal(
    restored['generator']['params']['w'], [0.0, 1.0, 2.0]
  )
  file = folder / 'weights.npz'
  content = bytearray(file.read_bytes())
  content[len(content) // 2] ^= 1
  file.write_bytes(content)
  with pytest.raises(InputError, match='small cannot be read .*SHA-256'):
    weights_folder.restore(folder)
  file.write_bytes(content[:40])
  (folder / 'sha256.json').unlink()
  with pytest.raises(InputError, match='small cannot be read .*may be damaged'):
    weights_folder.restore(folder)
  with pytest.raises(InputError, match='no training workdir'):
    weights_folder.restore(folder, step=3)
