"""Weights in one small file: bfloat16, the bytes of a number apart.

A number's high byte, sign and most of the exponent, has 3 bits of information;
the low one is noise. Apart, deflate takes a third off; side by side a fifth.

The file is an npz: for each array, by its path 'generator/params/...', uint8
[2, ...]: the high bytes, then the low ones.
"""

import os
from collections.abc import Mapping
from typing import Any

import jax.numpy as jnp
import numpy as np
from flax import traverse_util

FILE = 'weights.npz'


def save(path: str | os.PathLike, tree: Mapping[str, Any]) -> None:
  """Writes a tree of arrays, rounded to bfloat16.

  Args:
    path: of the file, which is replaced.
    tree: nested dicts of arrays of floats.
  """
  flat: dict[str, Any] = traverse_util.flatten_dict(tree, sep='/')
  for name, array in flat.items():
    flat[name] = _bytes_apart(array)
  np.savez_compressed(path, **flat)


def load(path: str | os.PathLike) -> dict[str, Any]:
  """Reads what `save` wrote: nested dicts of float32 arrays.

  Raises:
    OSError, ValueError, zipfile.BadZipFile: if it is damaged.
  """
  # NumPy leaves a damaged file open.
  with open(path, 'rb') as stream, np.load(stream) as file:
    flat = {name: _joined(file[name]) for name in file.files}
  return traverse_util.unflatten_dict(flat, sep='/')


def _bytes_apart(array: Any) -> np.ndarray:
  bits = np.asarray(array).astype(jnp.bfloat16).view(np.uint16)
  return np.stack([bits >> 8, bits & 255]).astype(np.uint8)


def _joined(apart: np.ndarray) -> np.ndarray:
  high, low = apart.astype(np.uint16)
  # A bfloat16 is the upper half of a float32.
  return ((high << 8 | low).astype(np.uint32) << 16).view(np.float32)
