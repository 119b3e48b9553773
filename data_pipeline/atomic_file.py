"""Files that are written completely or not at all.

Synopsis:

  with atomic_file.replacing('results.json') as partial:
    partial.write_text('{}')

A reader, or a program that was killed and continues, sees the old file or the
new one, never a part of it.
"""

import contextlib
import errno
import json
import os
import pathlib
import shutil
from collections.abc import Iterator

from data_pipeline.errors import InputError


@contextlib.contextmanager
def replacing(
  path: str | os.PathLike[str], *, is_shared: bool = False
) -> Iterator[pathlib.Path]:
  """Gives a path to write to, which takes the place of `path` at the end.

  The folder is made if it is missing. After an exception `path` is as it was.

  Args:
    path: the file to make or to replace.
    is_shared: whether several processes may write the file at once. Each then
      has a path of its own, which a killed process leaves behind; otherwise the
      next one overwrites it.

  Yields:
    A path in the same folder.

  Raises:
    OSError: if the folder or the file cannot be written.
  """
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  process = f'.{os.getpid()}' if is_shared else ''
  partial = path.with_name(f'{path.name}{process}.partial')
  try:
    yield partial
    os.replace(partial, path)
  finally:
    # Its folder may have turned into a file meanwhile.
    with contextlib.suppress(OSError):
      partial.unlink()


def check_writable(path: str | os.PathLike[str]) -> None:
  """Raises InputError unless a file can be made; its folder is made."""
  try:
    if pathlib.Path(path).is_dir():
      raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    with replacing(path, is_shared=True) as partial:
      partial.touch()
      raise _Checked
  except _Checked:
    return
  except OSError as error:
    raise InputError(
      f'{path} cannot be written: {error.strerror}. Choose another file.'
    ) from error


class _Checked(Exception):
  """Leaves the path as it was."""


def link(source: str | os.PathLike[str], path: str | os.PathLike[str]) -> None:
  """Makes `path` a hard link, or a copy where the file system has none."""
  with replacing(path) as partial:
    partial.unlink(missing_ok=True)
    try:
      os.link(source, partial)
    except OSError:
      shutil.copyfile(source, partial)


def write_text(
  path: str | os.PathLike[str], text: str, *, is_shared: bool = False
) -> None:
  """Writes `text` as UTF-8; `is_shared` as in `replacing`."""
  with replacing(path, is_shared=is_shared) as partial:
    partial.write_text(text, encoding='utf-8')


def write_json(
  path: str | os.PathLike[str], content, *, is_shared: bool = False
) -> None:
  """Writes JSON values, indented, with a newline at the end.

  Args:
    path: the file.
    content: of it.
    is_shared: as in `replacing`.

  Raises:
    ValueError: for NaN and infinity, which JSON does not have.
  """
  text = json.dumps(content, indent=2, allow_nan=False) + '\n'
  write_text(path, text, is_shared=is_shared)
