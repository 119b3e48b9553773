"""Reads .npz files; damage of any kind is one error."""

import os
import zipfile
from collections.abc import Collection

import numpy as np


class NpzError(Exception):
  """A file that is no .npz, or a damaged one."""


def load(
  path: str | os.PathLike[str], names: Collection[str] = ()
) -> dict[str, np.ndarray]:
  """The arrays of a file by their names.

  Args:
    path: of the file.
    names: of the arrays to read, if they are there; all if empty.

  Raises:
    NpzError: if it is missing, damaged, or holds other than arrays.
  """
  try:
    # np.load leaves a damaged file open when it opens the path itself.
    with open(path, 'rb') as file:
      if not zipfile.is_zipfile(file):
        raise NpzError('it is no .npz')
      with np.load(file, allow_pickle=False) as arrays:
        wanted = [name for name in arrays if not names or name in names]
        return {name: arrays[name] for name in wanted}
  except NpzError:
    raise
  except OSError as error:
    raise NpzError(error.strerror or str(error)) from error
  except Exception as error:  # numpy, zipfile and zlib have a dozen kinds.
    raise NpzError(str(error)) from error
