"""Styles of photographed instances, as flags of `generate` name them.

photo.png:photo_instanceIds.png:26001   that of one instance
photo.png:photo_instanceIds.png         those of all its instances, by their
                                        ids
photo.png                               likewise, of the one scene that is
                                        generated
leftImg8bit/val                         likewise, of each scene in the
                                        photograph of its name
"""

import os
import pathlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline import errors, file_kinds, progress
from data_pipeline.errors import InputError
from instgan_jax.inference import map_folder
from instgan_jax.inference import styles as styles_lib

_ENDINGS = ('.png', *file_kinds.JPEG_ENDINGS)
# What follows the scene's name in Cityscapes' photographs.
_NAME_ENDING = '_leftImg8bit'
# (photograph, its instance map) -> styles by id, see `Sampler.encode`.
Encode = Callable[[str, str], styles_lib.Styles]


class StyleSource(NamedTuple):
  """An instance of a photograph, whose style is taken.

  Attributes:
    image: the photograph's file.
    instance_map: the file of its instance map.
    instance_id: in this map.
  """

  image: str
  instance_map: str
  instance_id: int


class Photograph(NamedTuple):
  """A photograph of all whose instances the styles are taken.

  Attributes:
    image: its file, or a folder of those of the scenes.
    instance_map: its instance map; '' for that of the scene.
  """

  image: str
  instance_map: str = ''


class Reader:
  """Gives the styles of sources; encodes each photograph once."""

  def __init__(self, encode: Encode):
    """Takes `Sampler.encode`."""
    self._encode = encode
    self._styles: dict[tuple[str, str], styles_lib.Styles] = {}

  def style(self, source: StyleSource) -> np.ndarray:
    """The style of an instance of a photograph: float32 [D].

    Raises:
      InputError: naming the map that does not have the instance, or of
        `encode`.
    """
    files = (source.image, source.instance_map)
    if files not in self._styles:
      self._styles[files] = self._encode(*files)
    found = self._styles[files]
    if source.instance_id not in found:
      raise InputError(
        f'There is no instance {source.instance_id} in {source.instance_map}. '
        f'Present are: {", ".join(map(str, found)) or "none"}.'
      )
    return found[source.instance_id]


def parse(text: str) -> StyleSource | None:
  """'photo.png:ids.png:26001' as a source; None for other text."""
  match = re.fullmatch(r'(.+):(.+):(\d+)', text, re.ASCII)
  return match and StyleSource(match[1], match[2], int(match[3]))


def parse_style_from(
  words: Sequence[str], flag: str
) -> tuple[dict[int, StyleSource], tuple[Photograph, ...]]:
  """The words of --style_from.

  Returns:
    Sources by the id that gets the style, of '26003=photo.png:ids.png:26001',
    and photographs of whole scenes, of 'photo.png:ids.png' and 'photo.png'.

  Raises:
    InputError: for words of another form.
  """
  chosen: dict[int, StyleSource] = {}
  photographs: list[Photograph] = []
  for word in map(str.strip, words):
    named = re.fullmatch(r'(\d+)=(.+)', word, re.ASCII)
    source = parse(named[2]) if named else None
    if named and source:
      i = int(named[1])
      if i in chosen:
        raise InputError(f'--{flag} has the instance {i} twice.')
      chosen[i] = source
    elif not named and re.fullmatch('[^:]+(:[^:]+)?', word):
      photographs.append(Photograph(*word.split(':')))
    else:
      raise InputError(
        f'--{flag} has {word!r}, expected an instance and whose style it gets, '
        f'--{flag} 26003=photo.png:photo_instanceIds.png:26001, or for whole '
        'scenes photo.png, photo.png:photo_instanceIds.png or the folder of '
        'their photographs.'
      )
  return chosen, tuple(photographs)


def of_scenes(
  photograph: Photograph,
  scenes: Sequence[map_folder.SceneFiles],
  encode: Encode,
) -> dict[str, styles_lib.Styles]:
  """The styles of the instances of scenes, by the scene's name and the id.

  Args:
    photograph: see `Photograph`.
    scenes: that are generated.
    encode: `Sampler.encode`.

  Raises:
    InputError: if a photograph or an instance map is missing or cannot be
      read.
  """
  if photograph.instance_map:
    styles = encode(photograph.image, photograph.instance_map)
    return {scene.name: styles for scene in scenes}
  images = _photographs(photograph.image, scenes)
  encoded = {}
  for scene in progress.bar(scenes, desc='Encoding', unit='scene'):
    if scene.instance_map is None:
      raise InputError(
        f'Whose styles {images[scene.name]} shows, an instance map says: give '
        '--instance_dir, or PHOTO:INSTANCE_MAP.'
      )
    encoded[scene.name] = encode(images[scene.name], str(scene.instance_map))
  return encoded


def _photographs(
  image: str, scenes: Sequence[map_folder.SceneFiles]
) -> Mapping[str, str]:
  """The photograph of each scene, by its name."""
  if not pathlib.Path(image).is_dir():
    if len(scenes) == 1:
      return {scenes[0].name: image}
    raise InputError(
      f'{image} is one photograph, but there are {len(scenes)} scenes: choose '
      'one by --scenes, or give the folder of their photographs.'
    )
  found = {
    map_folder.scene_name(name, (_NAME_ENDING,)): os.path.join(below, name)
    for below, _, names in os.walk(image, followlinks=True)
    for name in sorted(names)
    if name.lower().endswith(_ENDINGS)
  }
  if missing := [s.name for s in scenes if s.name not in found]:
    raise InputError(
      f'{image} has no photograph of {errors.summarize(missing)}: expected '
      f'SCENE{_NAME_ENDING}.png or SCENE.png, or .jpg; it has '
      f'{errors.summarize(list(found)) or "none"}.'
    )
  return found
