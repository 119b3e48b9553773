"""The two official archives of Cityscapes, read without unpacking them."""

import fnmatch
import os
import pathlib
import zipfile
import zlib

from data_pipeline import file_kinds
from data_pipeline.cityscapes import file_names
from data_pipeline.errors import InputError

# By the first folder of the files inside.
NAMES = {
  'leftImg8bit': 'leftImg8bit_trainvaltest.zip',
  'gtFine': 'gtFine_trainvaltest.zip',
}
INSTRUCTIONS = (
  'Register at https://www.cityscapes-dataset.com, download'
  f' {" and ".join(NAMES.values())}, and put both into this folder as they'
  ' are.'
)


class CityscapesArchives:
  """The files of all splits; a context manager that closes the archives."""

  def __init__(self, folder: str | os.PathLike[str]):
    """Opens the archives and reads their tables of contents.

    Args:
      folder: holds both under their official names.

    Raises:
      InputError: if one is missing or not a complete zip archive.
    """
    self._folder = pathlib.Path(folder)
    missing = [
      name for name in NAMES.values() if not (self._folder / name).is_file()
    ]
    if missing:
      raise InputError(
        f'{self._folder}: has no {" and no ".join(missing)}. {INSTRUCTIONS}'
      )
    self._zips: dict[str, zipfile.ZipFile] = {}
    try:
      for top, name in NAMES.items():
        self._zips[top] = _open_zip(self._folder / name)
    except InputError:
      self.close()
      raise

  def __enter__(self) -> 'CityscapesArchives':
    return self

  def __exit__(self, *exception) -> None:
    self.close()

  def close(self) -> None:
    """Closes the archives."""
    for archive in self._zips.values():
      archive.close()

  def scenes(self, split: str) -> dict[str, file_kinds.SceneFiles[str]]:
    """image id -> paths inside the archives, in the order of the ids.

    Args:
      split: the official name: train, val or test.

    Raises:
      InputError: if there is no scene, or one lacks a file.
    """
    return file_names.match_scenes(
      {
        kind: fnmatch.filter(
          self._zips[top].namelist(), f'{top}/{split}/*/*{ending}'
        )
        for kind, (top, ending) in file_names.KINDS.items()
      },
      f'{self._folder}, split {split}',
    )

  def read(
    self, files: file_kinds.SceneFiles[str]
  ) -> file_kinds.SceneFiles[bytes]:
    """The contents of a scene's files. Safe to call from threads.

    Raises:
      InputError: if an archive is damaged.
    """
    return file_kinds.SceneFiles(
      *(self._read_file(path) for path in files if path is not None)
    )

  def _read_file(self, path: str) -> bytes:
    top = path.split('/')[0]
    try:
      return self._zips[top].read(path)
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
      raise InputError(
        f'{self._folder / NAMES[top]}: {path} in it cannot be read ({error}).'
        ' Download the archive again.'
      ) from error


def _open_zip(path: pathlib.Path) -> zipfile.ZipFile:
  try:
    return zipfile.ZipFile(path)
  except (OSError, zipfile.BadZipFile) as error:
    raise InputError(
      f'{path}: is not a complete zip archive ({error}). Download it again.'
    ) from error
