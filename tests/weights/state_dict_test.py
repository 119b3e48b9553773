"""State dicts come out of every kind of file alike, or not at all."""

import builtins
import re

import numpy as np
import pytest
import safetensors.numpy

from data_pipeline.errors import InputError
from instgan_jax.weights import state_dict

ARRAYS = {
  'conv.weight': np.arange(24, dtype=np.float32).reshape(2, 3, 2, 2),
  'bn.num_batches_tracked': np.array(7, np.int64),
}


def assert_is_arrays(arrays):
  assert list(arrays) == list(ARRAYS)
  for key, value in ARRAYS.items():
    assert arrays[key].dtype == value.dtype
    np.testing.assert_array_equal(arrays[key], value)


@pytest.fixture
def torch():
  return pytest.importorskip(
    'torch', reason='PyTorch is not installed (tests/requirements-torch.txt).'
  )


def test_npz_needs_no_pytorch(tmp_path, monkeypatch):
  hide(monkeypatch, 'torch')
  np.savez(tmp_path / 'w.npz', **ARRAYS)
  assert_is_arrays(state_dict.read(tmp_path / 'w.npz'))


def test_safetensors_needs_no_pytorch(tmp_path, monkeypatch):
  hide(monkeypatch, 'torch')
  path = tmp_path / 'w.safetensors'
  safetensors.numpy.save_file(ARRAYS, path)
  arrays = state_dict.read(path)
  assert_is_arrays({key: arrays[key] for key in ARRAYS})


@pytest.mark.parametrize('zipped', [True, False])
def test_pytorch_of_old_and_new(tmp_path, torch, zipped):
  tensors = {key: torch.from_numpy(value) for key, value in ARRAYS.items()}
  torch.save(tensors, tmp_path / 'w.pth', _use_new_zipfile_serialization=zipped)
  assert_is_arrays(state_dict.read(tmp_path / 'w.pth'))


def test_a_container_is_opened_and_the_parallel_prefix_removed(tmp_path, torch):
  tensors = {
    f'module.{key}': torch.from_numpy(value) for key, value in ARRAYS.items()
  }
  container = {'epoch': 200, 'state_dict': tensors, 'optimizer': {'lr': 0.1}}
  torch.save(container, tmp_path / 'w.pth')
  assert_is_arrays(state_dict.read(tmp_path / 'w.pth'))


def test_a_prefix_of_some_names_alone_stays(tmp_path):
  np.savez(tmp_path / 'w.npz', **{'module.a': ARRAYS['conv.weight'], 'b': 1})
  assert set(state_dict.read(tmp_path / 'w.npz')) == {'module.a', 'b'}


def test_half_precision_becomes_float32(tmp_path, torch):
  torch.save({'w': torch.ones(3, dtype=torch.bfloat16)}, tmp_path / 'w.pth')
  array = state_dict.read(tmp_path / 'w.pth')['w']
  assert array.dtype == np.float32
  np.testing.assert_array_equal(array, 1.0)


def test_absent_pytorch_is_one_line_with_the_fix(tmp_path, monkeypatch):
  hide(monkeypatch, 'torch')
  (tmp_path / 'w.pth').write_bytes(b'x')
  with pytest.raises(InputError, match='pip install torch, or save') as error:
    state_dict.read(tmp_path / 'w.pth')
  assert '\n' not in str(error.value)


class Runs:
  """Would write a file if it were unpickled."""

  def __init__(self, path):
    self.path = str(path)

  def __reduce__(self):
    return (open, (self.path, 'w'))


def test_code_in_a_pickle_does_not_run(tmp_path, torch):
  torch.save({'w': Runs(tmp_path / 'written')}, tmp_path / 'w.pth')
  with pytest.raises(InputError, match='cannot be read as weights'):
    state_dict.read(tmp_path / 'w.pth')
  assert not (tmp_path / 'written').exists()


@pytest.mark.parametrize('name', ['w.pth', 'w.npz', 'w.safetensors'])
@pytest.mark.parametrize('content', [b'', b'not weights at all', b'PK\x03\x04'])
def test_broken_files_are_named(tmp_path, name, content):
  if name == 'w.pth':
    pytest.importorskip('torch', reason='PyTorch is not installed.')
  (tmp_path / name).write_bytes(content)
  with pytest.raises(InputError, match=re.escape(str(tmp_path / name))):
    state_dict.read(tmp_path / name)


def test_what_is_no_state_dict_is_refused(tmp_path, torch):
  for content, message in (
    ([1, 2], 'holds a list'),
    ({}, 'holds a dict'),
    ({'state_dict': {'epoch': 3}}, '1 values that are not arrays .epoch.'),
  ):
    torch.save(content, tmp_path / 'w.pth')
    with pytest.raises(InputError, match=message):
      state_dict.read(tmp_path / 'w.pth')


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(InputError, match='nothing.pth is no file'):
    state_dict.read(tmp_path / 'nothing.pth')


def hide(monkeypatch, module):
  """Makes `import module` fail."""
  real = builtins.__import__

  def without(name, *args, **kwargs):
    if name.split('.')[0] == module:
      raise ImportError(f'No module named {name!r}')
    return real(name, *args, **kwargs)

  monkeypatch.setattr(builtins, '__import__', without)
