"""Locks that keep a second process out or waiting, and end with the first."""

import contextlib
import errno
import fcntl
import os
import pathlib
from collections.abc import Iterator

from data_pipeline.errors import InputError


@contextlib.contextmanager
def held(path: pathlib.Path, refusal: str | None) -> Iterator[None]:
  """Holds a lock on a file, which is made if it is missing, and stays.

  The operating system frees the lock when the process ends, whatever ends it.
  Where the file system has no locks, there is none.

  Args:
    path: the file.
    refusal: what to say where another process holds the lock; None to wait
      for its end.

  Raises:
    InputError: with `refusal`.
  """
  kind = fcntl.LOCK_EX | (0 if refusal is None else fcntl.LOCK_NB)
  with path.open('a') as file:
    try:
      fcntl.flock(file, kind)
    except BlockingIOError as error:
      raise InputError(refusal) from error
    except OSError:
      pass
    yield


@contextlib.contextmanager
def while_making(folder: pathlib.Path) -> Iterator[None]:
  """Keeps a second process from making the same folder; leaves no file.

  Raises:
    InputError: if another process makes it.
    OSError: if its parent cannot be written.
  """
  if folder.parent.is_file():
    raise NotADirectoryError(
      errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(folder.parent)
    )
  folder.parent.mkdir(parents=True, exist_ok=True)
  lock = folder.with_name(f'{folder.name}.lock')
  refusal = (
    f'Another program is writing {folder}: wait for its end, or choose another '
    'folder.'
  )
  with held(lock, refusal):
    try:
      yield
    finally:
      lock.unlink(missing_ok=True)
