"""Generated images from a folder, whatever program wrote them."""

import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from data_pipeline import unreadable_image
from data_pipeline.errors import InputError, summarize

_ENDINGS = ('.png', '.jpg', '.jpeg')


class ImageFolder:
  """The images of given scenes, found by their names.

  An image belongs to the scene whose name its own begins with, so that
  `frankfurt_000000_000294.png` and `frankfurt_000000_000294_leftImg8bit.png`
  are both the scene `frankfurt_000000_000294`.

  Attributes:
    path: the folder.
    size: height and width of all images.
  """

  def __init__(self, path: str | os.PathLike[str], image_ids: Sequence[str]):
    """Finds the image of every scene, in the folder and below it.

    Args:
      path: the folder.
      image_ids: the scenes' names.

    Raises:
      InputError: if there is no such folder, a scene has no image or two, an
        image has no scene, or the sizes differ.
    """
    self.path = pathlib.Path(path)
    if not self.path.is_dir():
      raise InputError(f'{path}: there is no such folder.')
    found = sorted(
      file
      for file in self.path.rglob('*')
      if file.suffix.lower() in _ENDINGS and file.is_file()
    )
    self._files = _by_scene(self.path, found, image_ids)
    self.size = self._common_size()

  def read(self, image_id: str) -> np.ndarray:
    """The image of a scene: uint8 [H, W, 3].

    Raises:
      InputError: if the file is damaged.
    """
    file = self._files[image_id]
    with _open(file) as image:
      try:
        return np.asarray(image.convert('RGB'))
      except unreadable_image.ERRORS as error:
        raise InputError(
          f'{file}: the image is damaged ({unreadable_image.reason(error)}). '
          'Make it again.'
        ) from error

  def _common_size(self) -> tuple[int, int]:
    sizes: dict[tuple[int, int], pathlib.Path] = {}
    for file in self._files.values():
      with _open(file) as image:
        sizes.setdefault((image.height, image.width), file)
    if len(sizes) > 1:
      listed = ', '.join(f'{h}x{w} ({f})' for (h, w), f in sizes.items())
      raise InputError(
        f'{self.path}: the images have different sizes: {listed}. Expected '
        'one size for all.'
      )
    return next(iter(sizes))


def _by_scene(folder, found, image_ids) -> dict[str, pathlib.Path]:
  files: dict[str, pathlib.Path] = {}
  strangers: list[str] = []
  known = set(image_ids)
  for file in found:
    scene = _scene_of(file.stem, known)
    if scene is None:
      strangers.append(file.name)
    elif scene in files:
      raise InputError(
        f'{folder}: the scene {scene} has two images, {files[scene]} and '
        f'{file}. Keep one of them.'
      )
    else:
      files[scene] = file
  missing = [scene for scene in image_ids if scene not in files]
  if missing or strangers:
    raise InputError(
      f'{folder}: the images do not match the {len(image_ids)} scenes. '
      f'{len(missing)} scenes have no image'
      f'{": " + summarize(missing) if missing else ""}; '
      f'{len(strangers)} images belong to no scene'
      f'{": " + summarize(strangers) if strangers else ""}. Expected '
      'one for each, SCENE.png.'
    )
  return files


def _scene_of(stem: str, known: set[str]) -> str | None:
  """The scene whose name, up to a '_' or all of it, `stem` begins with."""
  parts = stem.split('_')
  for length in range(len(parts), 0, -1):
    if (name := '_'.join(parts[:length])) in known:
      return name
  return None


def _open(file: pathlib.Path) -> Image.Image:
  try:
    return Image.open(file)
  except unreadable_image.ERRORS as error:
    raise InputError(
      f'{file} is no readable image ({unreadable_image.reason(error)}). Make '
      'it again, or remove it.'
    ) from error
