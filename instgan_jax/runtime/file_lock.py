"""Locks that keep a second process out, and end with the first."""

import contextlib
import fcntl
import pathlib
from collections.abc import Iterator

from data_pipeline.errors import InputError


@contextlib.contextmanager
def held(path: pathlib.Path, refusal: str) -> Iterator[None]:
  """Holds a lock on a file, which is made if it is missing, and stays.

  The operating system frees the lock when the process ends, whatever ends it.
  Where the file system has no locks, there is none.

  Args:
    path: the file.
    refusal: what to say where another process holds the lock.

  Raises:
    InputError: with `refusal`.
  """
  with path.open('a') as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
      raise InputError(refusal) from error
    except OSError:
      pass
    yield
