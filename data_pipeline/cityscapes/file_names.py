"""Names and places of the files of Cityscapes, in folders and in archives.

    leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png
    gtFine/SPLIT/CITY/NAME_gtFine_labelIds.png
    gtFine/SPLIT/CITY/NAME_gtFine_instanceIds.png

Other files there (polygons, colours) are left alone.
"""

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data_pipeline.errors import InputError

IMAGE = 'image'
LABEL_MAP = 'label map'
INSTANCE_MAP = 'instance map'

_NUM_SHOWN = 5


class Kind(NamedTuple):
  """Where the files of one kind lie.

  Attributes:
    folder: the first folder of their paths.
    ending: the end of their names.
  """

  folder: str
  ending: str


# In the order of `SceneFiles`.
KINDS = {
  IMAGE: Kind('leftImg8bit', '_leftImg8bit.png'),
  LABEL_MAP: Kind('gtFine', '_gtFine_labelIds.png'),
  INSTANCE_MAP: Kind('gtFine', '_gtFine_instanceIds.png'),
}


class SceneFiles(NamedTuple):
  """A scene's files: their paths, or their contents.

  Attributes:
    image: path or bytes; None for a scene of maps alone.
    label_map: path or bytes.
    instance_ids: path or bytes.
  """

  image: str | bytes | None
  label_map: str | bytes
  instance_ids: str | bytes


def match_scenes(
  paths: Mapping[str, Sequence[str]], place: str | os.PathLike[str]
) -> dict[str, SceneFiles]:
  """Puts the files of each scene together.

  Args:
    paths: kind -> paths .../CITY/NAME_ending. Scenes have no image if `paths`
      lacks that kind.
    place: the folder or archive they come from, for messages.

  Returns:
    image id (NAME) -> files, in the order of the ids.

  Raises:
    InputError: if a kind has no file, a scene lacks a file, or two cities
      have a scene of one name.
  """
  files = {}
  for kind, found in paths.items():
    folder, ending = KINDS[kind]
    if not found:
      raise InputError(
        f'{place}: there is no {kind}, expected'
        f' {folder}/SPLIT/CITY/NAME{ending}. Unpack or fetch the official'
        ' archives as they are, with a folder for each city.'
      )
    files[kind] = {_scene_of(path, ending): path for path in found}
  _check_complete(files, place)
  scenes = sorted(files[LABEL_MAP], key=_image_id)
  _check_unique([_image_id(scene) for scene in scenes], place)
  return {
    _image_id(scene): SceneFiles(
      *(files[kind][scene] if kind in files else None for kind in KINDS)
    )
    for scene in scenes
  }


def summarize(items: Sequence[str], separator: str = ', ') -> str:
  """The first few of a list, and how many more there are."""
  more = len(items) - _NUM_SHOWN
  shown = separator.join(items[:_NUM_SHOWN])
  return f'{shown}{separator}and {more} more' if more > 0 else shown


def _scene_of(path: str, ending: str) -> str:
  """CITY/NAME of .../CITY/NAME_ending."""
  city, name = path.replace(os.sep, '/').split('/')[-2:]
  return f'{city}/{name.removesuffix(ending)}'


def _image_id(scene: str) -> str:
  return scene.split('/')[1]


def _check_complete(
  files: Mapping[str, Mapping[str, str]], place: str | os.PathLike[str]
) -> None:
  everything = set().union(*files.values())
  problems = []
  for kind, of_scenes in files.items():
    lacking = sorted(everything - of_scenes.keys())
    if lacking:
      folder, ending = KINDS[kind]
      problems.append(
        f'{len(lacking)} of {len(everything)} scenes have no {kind}'
        f' ({folder}/.../*{ending}): {summarize(lacking)}.'
      )
  if problems:
    raise InputError(
      f'{place}: {" ".join(problems)} Every scene needs {", ".join(files)}: add'
      ' what is missing, or remove the other files of these scenes.'
    )


def _check_unique(
  image_ids: Sequence[str], place: str | os.PathLike[str]
) -> None:
  repeated = [name for name, count in Counter(image_ids).items() if count > 1]
  if repeated:
    raise InputError(
      f'{place}: {len(repeated)} scenes have a namesake in another city:'
      f' {summarize(repeated)}. Names must differ; begin them with the city.'
    )
