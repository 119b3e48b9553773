"""Reads state dicts from PyTorch, safetensors or .npz files as numpy arrays."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from data_pipeline import npz
from data_pipeline.errors import InputError

# The keys under which training programs save the state dict.
_CONTAINERS = ('state_dict', 'model_state_dict', 'model')
# DataParallel prepends it to every name.
_PARALLEL_PREFIX = 'module.'


def read(path: str | pathlib.Path) -> dict[str, np.ndarray]:
  """Reads a state dict.

  A container ({'state_dict': ...}, as training programs save it) is opened and
  the prefix of DataParallel is removed.

  Args:
    path: `.npz`, `.safetensors`, or a file of `torch.save`, of which only
      arrays are unpickled. Only the last kind needs PyTorch.

  Returns:
    Arrays by their public names; float32 if they were of any float dtype, of
    their own dtype otherwise.

  Raises:
    InputError: naming the file, if it is missing, broken, or not a state dict.
  """
  path = pathlib.Path(path)
  if not path.is_file():
    raise InputError(f'{path} is no file: name the file of the weights.')
  readers = {'.npz': _read_npz, '.safetensors': _read_safetensors}
  content = readers.get(path.suffix, _read_torch)(path)
  arrays = _arrays(content, path)
  if all(key.startswith(_PARALLEL_PREFIX) for key in arrays):
    arrays = {
      key.removeprefix(_PARALLEL_PREFIX): value for key, value in arrays.items()
    }
  return arrays


def _read_npz(path: pathlib.Path) -> Mapping[str, Any]:
  try:
    return npz.load(path)
  except npz.NpzError as error:
    raise InputError(f'{path} is not a readable .npz file: {error}') from error


def _read_safetensors(path: pathlib.Path) -> Mapping[str, Any]:
  import safetensors
  import safetensors.numpy

  try:
    return safetensors.numpy.load_file(path)
  except (OSError, TypeError, KeyError, safetensors.SafetensorError) as error:
    raise InputError(
      f'{path} is not a safetensors file of float32 or float16: {error!r}'
    ) from error


def _read_torch(path: pathlib.Path) -> Any:
  try:
    import torch
  except ImportError as error:
    raise InputError(
      f'{path} is a file of PyTorch, which is not installed: pip install '
      'torch, or save the state dict as .npz or .safetensors where it is.'
    ) from error
  try:
    return torch.load(path, map_location='cpu', weights_only=True)
  except Exception as error:  # The unpickler may raise anything.
    reason = f'{type(error).__name__}: {error}'.splitlines()[0]
    raise InputError(
      f'{path} cannot be read as weights of PyTorch ({reason}). Expected a '
      'state dict written by torch.save.'
    ) from error


def _arrays(content: Any, path: pathlib.Path) -> dict[str, np.ndarray]:
  """The state dict in `content`, which may be a container, as numpy arrays."""
  if isinstance(content, Mapping):
    for key in _CONTAINERS:
      if isinstance(content.get(key), Mapping):
        content = content[key]
        break
  if not isinstance(content, Mapping) or not content:
    raise InputError(
      f'{path} holds a {type(content).__name__}, expected a state dict: arrays '
      'by the names of their parameters.'
    )
  if wrong := [key for key, value in content.items() if not _is_array(value)]:
    raise InputError(
      f'{path} holds {len(wrong)} values that are not arrays '
      f'({", ".join(map(str, wrong[:3]))}), expected a state dict.'
    )
  return {key: _to_numpy(value) for key, value in content.items()}


def _is_array(value: Any) -> bool:
  return hasattr(value, 'shape') and hasattr(value, 'dtype')


def _to_numpy(value: Any) -> np.ndarray:
  if not isinstance(value, np.ndarray):
    value = value.detach()
    value = (value.float() if value.is_floating_point() else value).numpy()
  return value.astype(np.float32) if value.dtype.kind == 'f' else value
