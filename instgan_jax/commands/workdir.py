"""The workdir of a run: writable, and with room for its checkpoints."""

import pathlib
import shutil
from typing import Any

import jax
import numpy as np

from data_pipeline.errors import InputError

_ROOM_FOR_IMAGES = 64 * 2**20  # Bytes.


def make(workdir: pathlib.Path) -> None:
  """Makes a workdir; raises InputError if nothing can be written there."""
  try:
    workdir.mkdir(parents=True, exist_ok=True)
    probe = workdir / '.writable'
    probe.touch()
    probe.unlink(missing_ok=True)
  except OSError as error:
    raise InputError(
      f'The workdir {workdir} cannot be written: {error.strerror}. Choose '
      'another --workdir.'
    ) from error


def check_space(workdir: pathlib.Path, state: Any) -> None:
  """Raises InputError without room for two checkpoints and the images.

  Args:
    workdir: of the run.
    state: shapes and dtypes of the train state.
  """
  state_bytes = sum(
    np.prod(leaf.shape) * leaf.dtype.itemsize for leaf in jax.tree.leaves(state)
  )
  needed = 2 * state_bytes + _ROOM_FOR_IMAGES
  free = shutil.disk_usage(workdir).free
  if free < needed:
    raise InputError(
      f'No space left in {workdir}: two checkpoints need '
      f'{needed / 2**20:.0f} MiB, {free / 2**20:.0f} MiB are free. Free some, '
      'or choose another --workdir.'
    )
