"""Writes the scenes of a source into the folders of Cityscapes.

    OUTPUT/leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png         8-bit RGB
    OUTPUT/gtFine/SPLIT/CITY/NAME_gtFine_labelIds.png          8-bit
    OUTPUT/gtFine/SPLIT/CITY/NAME_gtFine_instanceIds.png       16-bit
    OUTPUT/toy_street.json                                     settings

Files that exist are kept: the same command continues where an earlier one was
stopped.
"""

import contextlib
import json
import pathlib
from collections.abc import Iterator, Mapping

from data_pipeline import atomic_file, batch, file_kinds, image_file, progress
from data_pipeline.cityscapes import file_names
from data_pipeline.errors import InputError

_SETTINGS_FILE = 'toy_street.json'


def claim(output: str, settings: Mapping[str, int]) -> None:
  """Records in a folder which scenes it will hold.

  Args:
    output: the folder, made if it is missing.
    settings: everything that the scenes' contents depend on.

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
  with _reporting_unwritable(file):
    atomic_file.write_json(file, dict(settings))


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
  names = progress.bar(
    source.image_ids, desc=f'Rendering {split}', disable=not source.image_ids
  )
  for index, name in enumerate(names):
    files = [
      pathlib.Path(output, folder, split, city, f'{name}{ending}')
      for folder, ending in file_names.KINDS.values()
    ]
    if all(file.exists() for file in files):
      continue
    for file, array in zip(files, source.read(index), strict=True):
      assert array is not None  # Toy streets have all their maps.
      with _reporting_unwritable(file), atomic_file.replacing(file) as partial:
        partial.write_bytes(image_file.encode_png(array))


def num_scenes(output: str, split: str, city: str) -> int:
  """How many scenes of a split the folder holds."""
  folder, ending = file_names.KINDS[file_kinds.LABEL_MAP]
  return len(list(pathlib.Path(output, folder, split, city).glob(f'*{ending}')))


def _check_same_settings(
  file: pathlib.Path, settings: Mapping[str, int]
) -> None:
  try:
    recorded = json.loads(file.read_text(encoding='utf-8'))
  except (OSError, ValueError) as error:
    raise InputError(
      f'{file}: cannot be read ({error}). Remove the folder, or choose'
      ' another --output.'
    ) from error
  if recorded != dict(settings):
    raise InputError(
      f'{file.parent}: holds scenes of {recorded}, expected {dict(settings)}.'
      ' Use the same --height and --seed, or choose another --output.'
    )


@contextlib.contextmanager
def _reporting_unwritable(file: pathlib.Path) -> Iterator[None]:
  try:
    yield
  except OSError as error:
    raise InputError(
      f'{file}: cannot be written ({error.strerror or error}). Choose an'
      ' --output on a disk with space, in a folder where you may write.'
    ) from error
