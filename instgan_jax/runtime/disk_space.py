"""Room on a disk, looked at before something large is written."""

import pathlib
import shutil
from typing import Any

import jax
import numpy as np

from data_pipeline.errors import InputError


def check(folder: pathlib.Path, num_bytes: int, refusal: str) -> None:
  """Checks that there is room.

  Args:
    folder: where it is written; it need not exist.
    num_bytes: that are needed.
    refusal: how the message begins.

  Raises:
    InputError: naming what is needed and what is free.
  """
  existing = next(p for p in (folder, *folder.parents) if p.exists())
  free = shutil.disk_usage(existing).free
  if free < num_bytes:
    raise InputError(
      f'{refusal} {num_bytes / 2**20:.1f} MiB are needed, '
      f'{free / 2**20:.1f} MiB are free: free some space and give the same '
      'command again, or choose another folder.'
    )


def size(tree: Any) -> int:
  """The bytes of a tree of arrays, or of their shapes."""
  return sum(
    int(np.prod(leaf.shape)) * leaf.dtype.itemsize
    for leaf in jax.tree.leaves(tree)
  )
