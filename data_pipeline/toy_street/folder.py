"""Writes the scenes of a source into the folders of Cityscapes.

    OUTPUT/leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png         8-bit RGB
    OUTPUT/gtFine/SPLIT/CITY/NAME_gtFine_labelIds.png          8-bit
    OUTPUT/gtFine/SPLIT/CITY/NAME_gtFine_instanceIds.png       16-bit
    OUTPUT/toy_street.json                                     settings

Every file is written whole or not at all, and files that exist are kept: the
same command continues where an earlier one was stopped.
"""

import contextlib
import json
import os
import pathlib
from collections.abc import Mapping

import tqdm
from PIL import Image

from data_pipeline import batch
from data_pipeline.errors import InputError

_SETTINGS_FILE = 'toy_street.json'


def claim(output: str, settings: Mapping[str, int]) -> None:
  """Notes in a folder which scenes it is going to hold.

  Args:
    output: the folder, made if it is missing.
    settings: on which the scenes' contents depend.

  Raises:
    InputError: if `output` is a file, cannot be written, or holds scenes of
      other settings or of another origin.
  """
  folder = pathlib.Path(output)
  file = folder / _SETTINGS_FILE
  if folder.exists() and not folder.is_dir():
    raise InputError(
      f'{output}: is a file, expected a folder or a new name. Choose another'
      ' --output.'
    )
  if file.exists():
    _check_same_settings(file, settings)
    return
  if (folder / 'leftImg8bit').exists() or (folder / 'gtFine').exists():
    raise InputError(
      f'{output}: holds leftImg8bit or gtFine, but no {_SETTINGS_FILE}, so its'
      ' scenes are not toy streets. Choose another --output.'
    )
  text = json.dumps(dict(settings)) + '\n'
  _write(file, lambda path: path.write_text(text))


def write_split(
  source: batch.Source, output: str, split: str, city: str
) -> None:
  """Writes all scenes of a source that are not in the folder yet.

  Args:
    source: the scenes.
    output: a folder, see `claim`.
    split: the folder of the split, such as train.
    city: the folder below it.

  Raises:
    InputError: if a file cannot be written.
  """
  root = pathlib.Path(output)
  images = root / 'leftImg8bit' / split / city
  maps = root / 'gtFine' / split / city
  names = tqdm.tqdm(source.image_ids, desc=f'Drawing {split}', disable=None)
  for index, name in enumerate(names):
    files = (
      images / f'{name}_leftImg8bit.png',
      maps / f'{name}_gtFine_labelIds.png',
      maps / f'{name}_gtFine_instanceIds.png',
    )
    if all(file.exists() for file in files):
      continue
    # uint8 arrays give 8-bit files, uint16 arrays 16-bit ones.
    for file, array in zip(files, source.read(index), strict=True):
      image = Image.fromarray(array)
      _write(file, lambda path, image=image: image.save(path, 'PNG'))


def _check_same_settings(
  file: pathlib.Path, settings: Mapping[str, int]
) -> None:
  try:
    found = json.loads(file.read_text())
  except (OSError, ValueError) as error:
    raise InputError(
      f'{file}: cannot be read ({error}). Remove the folder, or choose'
      ' another --output.'
    ) from error
  if found != dict(settings):
    raise InputError(
      f'{file.parent}: holds scenes of {found}, expected {dict(settings)}.'
      ' Use the same --height and --seed, or choose another --output.'
    )


def _write(file: pathlib.Path, write) -> None:
  """Has `write` make a temporary file, then gives it its name."""
  temporary = file.with_name(f'{file.name}.{os.getpid()}.tmp')
  try:
    file.parent.mkdir(parents=True, exist_ok=True)
    write(temporary)
    os.replace(temporary, file)
  except OSError as error:
    raise InputError(
      f'{file}: cannot be written ({error.strerror or error}). Choose an'
      ' --output on a disk with space, in a folder where you may write.'
    ) from error
  finally:
    # Its folder may be missing or a file.
    with contextlib.suppress(OSError):
      temporary.unlink()
