"""The folders of images that a study compares, and what they hold."""

import hashlib
import io
import os
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import tqdm
from PIL import Image

from data_pipeline import unreadable_image
from data_pipeline.errors import InputError

# What Cityscapes has behind a scene's name.
_PHOTOGRAPH = '_leftImg8bit'
_SUFFIXES = ('.png', '.jpg', '.jpeg', '.webp', '.bmp')
# 8-bit color or gray. Alpha and 16 bits cannot be shown without a choice of
# background or range.
_MODES = ('RGB', 'L', 'P', '1')
_UNSEEN_STRETCH = 1.05


class ImageFile(NamedTuple):
  """One file of a set.

  Attributes:
    file: its path below the set's folder.
    sha256: of its bytes, in hexadecimal digits.
    size: (width, height) in pixels at which it is shown.
  """

  file: str
  sha256: str
  size: tuple[int, int]


class ImageSet(NamedTuple):
  """One side of a comparison, such as real photographs or a method's.

  Attributes:
    name: of at most 40 letters, digits, spaces and + - _ . characters.
    folder: an absolute path.
    images: by scene, in the order of the scenes' names.
  """

  name: str
  folder: str
  images: Mapping[str, ImageFile]


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


def read(
  arguments: Sequence[str], shown: tuple[int, int] | None = None
) -> tuple[ImageSet, ...]:
  """Reads and hashes every image of every set.

  Args:
    arguments: NAME=FOLDER of each set.
    shown: height and width at which all images are shown; None for their own.

  Raises:
    InputError: if there are fewer than two sets, two have one name or one
      folder, the images' names do not match, or two images of a scene
      differ in size, with `shown` in shape.
  """
  folders = dict(_parse_all(arguments))
  files = _matched({name: _files(path) for name, path in folders.items()})
  _check_same_scenes(files, folders)
  num_files = sum(map(len, files.values()))
  with tqdm.tqdm(total=num_files, desc='Hashing images', disable=None) as bar:
    sets = tuple(
      ImageSet(
        name,
        str(folder),
        _read_images(folder, sorted(files[name].items()), bar),
      )
      for name, folder in folders.items()
    )
  _check_same_shapes(sets) if shown else _check_same_sizes(sets)
  return sets if shown is None else tuple(_at(shown, s) for s in sets)


def load(folder: str | os.PathLike, planned: ImageFile) -> Image.Image:
  """Reads an image and checks that it is still the planned one.

  Returns:
    An RGB image of `planned.size`.

  Raises:
    InputError: if the file is missing or its bytes have changed.
  """
  data = _planned_bytes(folder, planned)
  image = Image.open(io.BytesIO(data)).convert('RGB')
  if image.size == planned.size:
    return image
  return image.resize(planned.size, Image.Resampling.LANCZOS)


def _planned_bytes(folder: str | os.PathLike, planned: ImageFile) -> bytes:
  path = pathlib.Path(folder) / planned.file
  data = _bytes_of(path)
  if hashlib.sha256(data).hexdigest() != planned.sha256:
    raise InputError(
      f'{path}: was changed after planning (its SHA-256 differs from the'
      " plan's). Put the planned image back, or make a new plan."
    )
  return data


def check_unchanged(sets: Sequence[ImageSet]) -> None:
  """Reads every image once.

  Raises:
    InputError: naming the first file that is missing or has changed.
  """
  files = [(s.folder, image) for s in sets for image in s.images.values()]
  for folder, image in tqdm.tqdm(files, desc='Checking images', disable=None):
    _planned_bytes(folder, image)


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
          f'Two sets have the {what} {str(value)!r}. Give each --set a'
          f' different {what}.'
        )
  return pairs


def _files(folder: pathlib.Path) -> dict[str, str]:
  """Scene -> path below the folder."""
  files: dict[str, str] = {}
  for path in sorted(folder.rglob('*')):
    if path.suffix.lower() not in _SUFFIXES or not path.is_file():
      continue
    file = path.relative_to(folder)
    scene = file.with_suffix('').as_posix().removesuffix(_PHOTOGRAPH)
    if scene in files:
      raise InputError(
        f'{folder}: {files[scene]} and {file} show the same scene, expected'
        ' one image of each. Remove one.'
      )
    files[scene] = file.as_posix()
  if not files:
    raise InputError(
      f'{folder}: holds no images, expected files ending in'
      f' {", ".join(_SUFFIXES)}.'
    )
  return files


def _matched(files: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
  """The same, with the folders left out of scenes where these differ.

  So CITY/NAME_leftImg8bit.png of a data set and NAME.png of `generate` are of
  one scene.
  """

  def have_equal_scenes(sets) -> bool:
    return len({frozenset(scenes) for scenes in sets.values()}) == 1

  if have_equal_scenes(files):
    return files
  names = {
    set_name: {scene.rpartition('/')[2]: file for scene, file in scenes.items()}
    for set_name, scenes in files.items()
  }
  are_unique = all(len(names[key]) == len(files[key]) for key in files)
  return names if are_unique and have_equal_scenes(names) else files


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
          f' {folders[have]} has. Every set needs an image of every scene,'
          ' with the same name.'
        )


def _read_images(folder, files, bar) -> dict[str, ImageFile]:
  images = {}
  for scene, file in files:
    images[scene] = _describe(folder, file)
    bar.update()
  return images


def _describe(folder: pathlib.Path, file: str) -> ImageFile:
  path = folder / file
  data = _bytes_of(path)
  try:
    with Image.open(io.BytesIO(data)) as image:
      image.load()
      size, mode = image.size, image.mode
  except unreadable_image.ERRORS as error:
    raise InputError(
      f'{path}: cannot be read as an image ({unreadable_image.reason(error)}).'
      ' Replace it, or remove the scene from all sets.'
    ) from error
  if mode not in _MODES or 'transparency' in image.info:
    raise InputError(
      f'{path}: holds {mode} pixels, expected 8-bit color or gray without'
      ' transparency. Save it as RGB.'
    )
  return ImageFile(file, hashlib.sha256(data).hexdigest(), size)


def _bytes_of(path: pathlib.Path) -> bytes:
  try:
    return path.read_bytes()
  except OSError as error:
    raise InputError(
      f'{path}: cannot be read ({error.strerror}). The images of a study'
      ' must stay where they were planned; if they moved, give their new folder'
      ' with serve --set NAME=FOLDER.'
    ) from error


def _check_same_sizes(sets: Sequence[ImageSet]) -> None:
  first = sets[0]
  for other in sets[1:]:
    for scene, image in other.images.items():
      expected = first.images[scene]
      if image.size != expected.size:
        raise InputError(
          f'{other.folder}/{image.file}: is {_times(image.size)} pixels,'
          f' expected {_times(expected.size)} as {first.folder}/'
          f'{expected.file}. The size would tell which set an image is from:'
          f' bring all to one with --image_size'
          f' {expected.size[1]}x{expected.size[0]}.'
        )


def _check_same_shapes(sets: Sequence[ImageSet]) -> None:
  first = sets[0]
  for other in sets[1:]:
    for scene, image in other.images.items():
      expected = first.images[scene]
      stretch = (image.size[0] / image.size[1]) / (
        expected.size[0] / expected.size[1]
      )
      if not 1 / _UNSEEN_STRETCH < stretch < _UNSEEN_STRETCH:
        raise InputError(
          f'{other.folder}/{image.file}: is {_times(image.size)} pixels, of'
          f' another shape than {_times(expected.size)} of {first.folder}/'
          f'{expected.file}: one would be stretched. Crop them first.'
        )


def _at(shown: tuple[int, int], images: ImageSet) -> ImageSet:
  return images._replace(
    images={
      scene: image._replace(size=shown[::-1])
      for scene, image in images.images.items()
    }
  )


def _times(size: tuple[int, int]) -> str:
  return f'{size[0]}x{size[1]}'
