"""The workdir of a run: writable, and with room for its checkpoints."""

import contextlib
import pathlib
from collections.abc import Iterator
from typing import Any

import jax

from data_pipeline import file_lock
from data_pipeline.errors import InputError
from instgan_jax.runtime import disk_space

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


@contextlib.contextmanager
def locked(workdir: pathlib.Path) -> Iterator[None]:
  """Keeps another run out of a workdir, which is made if it is missing.

  Of several processes of one run the first holds the lock.

  Raises:
    InputError: if another run is in the workdir, or as `make`.
  """
  if jax.process_index():
    yield
    return
  make(workdir)
  refusal = (
    f'Another run is training in {workdir}: wait for its end, stop it, or '
    'choose another --workdir.'
  )
  with file_lock.held(workdir / '.lock', refusal):
    yield


def check_space(workdir: pathlib.Path, state: Any) -> None:
  """Raises InputError without room for two checkpoints and the images.

  Args:
    workdir: of the run.
    state: shapes and dtypes of the train state.
  """
  disk_space.check(
    workdir,
    2 * disk_space.size(state) + _ROOM_FOR_IMAGES,
    f'No space left in {workdir} for two checkpoints and images.',
  )
