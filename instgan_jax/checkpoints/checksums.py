"""SHA-256 of the files of a checkpoint or a folder of weights.

Orbax compresses arrays without a checksum: a flipped bit would go unnoticed.
"""

import hashlib
import json
import pathlib

from data_pipeline import atomic_file

FILE = 'sha256.json'
# Orbax writes these once more when a checkpoint is complete.
_CHANGING = ('_CHECKPOINT_METADATA', 'commit_success.txt')
_TEXT = '.json'  # That people may edit; and the hashes themselves.


class ChecksumError(Exception):
  """A file is not what was written."""


def write(folder: pathlib.Path) -> None:
  """Writes the hashes of all files in `folder` and below it, but texts."""
  atomic_file.write_json(
    folder / FILE,
    {str(p.relative_to(folder)): sha256(p) for p in _files(folder)},
  )


def check(folder: pathlib.Path) -> None:
  """Compares the files with their hashes; nothing where there are none.

  Raises:
    ChecksumError: naming the first file that is missing or differs.
  """
  path = folder / FILE
  if not path.exists():  # Of version 0.2.0, or older.
    return
  try:
    hashes = dict(json.loads(path.read_text()))
  except (ValueError, TypeError) as error:
    raise ChecksumError(f'{FILE} is no JSON') from error
  for name, expected in hashes.items():
    file = folder / name
    if not file.is_file():
      raise ChecksumError(f'{name} is missing')
    if sha256(file) != expected:
      raise ChecksumError(f'{name} has another SHA-256 than {FILE} says')


def _files(folder: pathlib.Path) -> list[pathlib.Path]:
  return sorted(
    path
    for path in folder.rglob('*')
    if path.is_file() and path.name not in _CHANGING and path.suffix != _TEXT
  )


def sha256(path: pathlib.Path) -> str:
  """The SHA-256 of a file's content, in hexadecimal digits."""
  with open(path, 'rb') as file:
    return hashlib.file_digest(file, 'sha256').hexdigest()
