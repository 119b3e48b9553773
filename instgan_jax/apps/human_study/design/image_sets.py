"""The folders of pictures that a study compares, and what they hold."""

import hashlib
import io
import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tqdm
from PIL import Image

from data_pipeline.errors import InputError

_SUFFIXES = ('.png', '.jpg', '.jpeg', '.webp', '.bmp')
# What Pillow raises for files that are no pictures, or broken ones.
_UNREADABLE = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)
# What is plain colour on a screen; alpha and 16 bits would need a choice.
_MODES = ('RGB', 'L', 'P', '1')


class Picture(NamedTuple):
  """One file of a set.

  Attributes:
    file: its path below the set's folder.
    sha256: of its bytes, in hexadecimal digits.
    size: (width, height) in pixels.
  """

  file: str
  sha256: str
  size: tuple[int, int]


class PictureSet(NamedTuple):
  """One side of a comparison, such as real photographs or a method's.

  Attributes:
    name: of at most 40 letters, digits, spaces and + - _ . characters.
    folder: an absolute path.
    pictures: by scene, in the order of the scenes' names.
  """

  name: str
  folder: str
  pictures: Mapping[str, Picture]


def parse(argument: str) -> tuple[str, pathlib.Path]:
  """Reads NAME=FOLDER.

  Raises:
    InputError: if the name or the folder cannot be used.
  """
  name, equals, folder = argument.partition('=')
  if not equals or not folder:
    raise InputError(
      f'--set {argument!r}: expected NAME=FOLDER, for example'
      ' --set real=data/real.'
    )
  if not re.fullmatch(r'\w[\w+.\- ]{0,39}', name) or name.endswith(' '):
    raise InputError(
      f'--set {argument!r}: a name has 1 to 40 letters, digits, spaces and'
      f' + - _ . characters and begins with a letter or digit, got {name!r}.'
    )
  path = pathlib.Path(folder)
  if not path.is_dir():
    raise InputError(f'--set {argument!r}: there is no folder {folder}.')
  return name, path.resolve()


def read(arguments: Sequence[str]) -> tuple[PictureSet, ...]:
  """Reads and hashes every picture of every set.

  Args:
    arguments: NAME=FOLDER of each set.

  Raises:
    InputError: if there are fewer than two sets, two have one name or one
      folder, the pictures' names do not match, or two pictures of a scene
      differ in size.
  """
  folders = dict(_parse_all(arguments))
  files = {name: _files(folder) for name, folder in folders.items()}
  _check_same_scenes(files, folders)
  num_files = sum(map(len, files.values()))
  with tqdm.tqdm(total=num_files, desc='Hashing pictures', disable=None) as bar:
    sets = tuple(
      PictureSet(
        name,
        str(folder),
        _read_pictures(folder, sorted(files[name].items()), bar),
      )
      for name, folder in folders.items()
    )
  _check_same_sizes(sets)
  return sets


def load(folder: str | os.PathLike, picture: Picture) -> Image.Image:
  """Reads a picture and checks that it is still the planned one.

  Returns:
    An RGB image of `picture.size`.

  Raises:
    InputError: if the file is missing or its bytes have changed.
  """
  data = _planned_bytes(folder, picture)
  return Image.open(io.BytesIO(data)).convert('RGB')


def _planned_bytes(folder: str | os.PathLike, picture: Picture) -> bytes:
  path = pathlib.Path(folder) / picture.file
  data = _bytes_of(path)
  if hashlib.sha256(data).hexdigest() != picture.sha256:
    raise InputError(
      f'{path}: was changed after planning (its SHA-256 differs from the'
      " plan's). Put the planned picture back, or make a new plan."
    )
  return data


def check_unchanged(sets: Sequence[PictureSet]) -> None:
  """Reads every picture once.

  Raises:
    InputError: naming the first file that is missing or has changed.
  """
  files = [(s.folder, picture) for s in sets for picture in s.pictures.values()]
  for folder, picture in tqdm.tqdm(
    files, desc='Checking pictures', disable=None
  ):
    _planned_bytes(folder, picture)


def _parse_all(arguments):
  pairs = [parse(argument) for argument in arguments]
  if len(pairs) < 2:
    raise InputError(
      f'A comparison needs at least two sets, got {len(pairs)}. Give --set'
      ' NAME=FOLDER for each, for example --set real=data/real --set L=data/l.'
    )
  for part, what in ((0, 'name'), (1, 'folder')):
    values = [pair[part] for pair in pairs]
    for value in values:
      if values.count(value) > 1:
        raise InputError(
          f'Two sets have the {what} {str(value)!r}. Give each --set a {what}'
          ' of its own.'
        )
  return pairs


def _files(folder: pathlib.Path) -> dict[str, str]:
  """Scene -> path below the folder."""
  found = {}
  for path in sorted(folder.rglob('*')):
    if path.suffix.lower() not in _SUFFIXES or not path.is_file():
      continue
    file = path.relative_to(folder)
    scene = file.with_suffix('').as_posix()
    if scene in found:
      raise InputError(
        f'{folder}: {found[scene]} and {file} show the same scene, expected'
        ' one picture of each. Remove one.'
      )
    found[scene] = file.as_posix()
  if not found:
    raise InputError(
      f'{folder}: holds no pictures, expected files ending in'
      f' {", ".join(_SUFFIXES)}.'
    )
  return found


def _check_same_scenes(files, folders) -> None:
  (first, scenes), *others = files.items()
  for name, other in others:
    for have, lack, missing in (
      (first, name, sorted(set(scenes) - set(other))),
      (name, first, sorted(set(other) - set(scenes))),
    ):
      if missing:
        more = f' and {len(missing) - 1} more' if len(missing) > 1 else ''
        raise InputError(
          f'{folders[lack]}: lacks {missing[0]!r}{more}, which'
          f' {folders[have]} has. Every set needs a picture of every scene,'
          ' with the same name.'
        )


def _read_pictures(folder, files, bar) -> dict[str, Picture]:
  pictures = {}
  for scene, file in files:
    pictures[scene] = _describe(folder, file)
    bar.update()
  return pictures


def _describe(folder: pathlib.Path, file: str) -> Picture:
  path = folder / file
  data = _bytes_of(path)
  try:
    with Image.open(io.BytesIO(data)) as image:
      image.load()
      size, mode = image.size, image.mode
  except _UNREADABLE as error:
    raise InputError(
      f'{path}: is no picture that can be read ({error}). Replace it, in all'
      ' sets if it is to go.'
    ) from error
  if mode not in _MODES or 'transparency' in image.info:
    raise InputError(
      f'{path}: holds {mode} pixels, expected 8-bit colour or grey without'
      ' transparency. Save it as RGB.'
    )
  return Picture(file, hashlib.sha256(data).hexdigest(), size)


def _bytes_of(path: pathlib.Path) -> bytes:
  try:
    return path.read_bytes()
  except OSError as error:
    raise InputError(
      f'{path}: cannot be read ({error.strerror}). The pictures of a study'
      ' must stay where they were planned; serve --set NAME=FOLDER names a new'
      ' place.'
    ) from error


def _check_same_sizes(sets: Sequence[PictureSet]) -> None:
  first = sets[0]
  for other in sets[1:]:
    for scene, picture in other.pictures.items():
      expected = first.pictures[scene]
      if picture.size != expected.size:
        raise InputError(
          f'{other.folder}/{picture.file}: is {_times(picture.size)} pixels,'
          f' expected {_times(expected.size)} as {first.folder}/'
          f'{expected.file}. Give both one size, without which the size'
          ' answers for the picture.'
        )


def _times(size: tuple[int, int]) -> str:
  return f'{size[0]}x{size[1]}'
