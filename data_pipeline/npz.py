"""Reads .npz files; damage of any kind is one error."""

import os
import zipfile

import numpy as np


class NpzError(Exception):
  """A file that is no .npz, or a damaged one."""


def load(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
  """All arrays of a file by their names.

  Raises:
    NpzError: if it is missing, damaged, or holds other than arrays.
  """
  try:
    # np.load leaves a damaged file open when it opens the path itself.
    with open(path, 'rb') as file:
      if not zipfile.is_zipfile(file):
        raise NpzError('it is no .npz')
      with np.load(file, allow_pickle=False) as arrays:
        return dict(arrays)
  except NpzError:
    raise
  except OSError as error:
    raise NpzError(error.strerror or str(error)) from error
  except Exception as error:  # numpy, zipfile and zlib have a dozen kinds.
    raise NpzError(str(error)) from error
