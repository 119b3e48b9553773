"""Names and paths of the files of Cityscapes, in folders and in archives.

    leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png
    gtFine/SPLIT/CITY/NAME_gtFine_labelIds.png
    gtFine/SPLIT/CITY/NAME_gtFine_instanceIds.png

In folders the image may be NAME_leftImg8bit.jpg or .jpeg instead. Other files
there (polygons, colors) are ignored.
"""

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from data_pipeline import file_kinds
from data_pipeline.errors import InputError, summarize


class Kind(NamedTuple):
  """The names of the files of one kind.

  Attributes:
    folder: the first folder of their paths.
    ending: the end of their names.
  """

  folder: str
  ending: str


# In the order of `file_kinds.SceneFiles`.
KINDS = {
  file_kinds.IMAGE: Kind('leftImg8bit', '_leftImg8bit.png'),
  file_kinds.LABEL_MAP: Kind('gtFine', '_gtFine_labelIds.png'),
  file_kinds.INSTANCE_MAP: Kind('gtFine', '_gtFine_instanceIds.png'),
}


def path(kind: str) -> str:
  """The path of a file, with {split}, {city} and {name}."""
  folder, ending = KINDS[kind]
  return f'{folder}/{{split}}/{{city}}/{{name}}{ending}'


def match_scenes(
  paths: Mapping[str, Sequence[str]],
  origin: str | os.PathLike[str],
  needed: Collection[str] = tuple(KINDS),
) -> dict[str, file_kinds.SceneFiles[str]]:
  """Groups files by scene.

  Args:
    paths: kind -> paths .../CITY/NAME_ending, for every kind of `KINDS`.
    origin: the folder or archive of the paths, for messages.
    needed: the kinds that every scene has; of the instance map it may be None.

  Returns:
    image id (NAME) -> files, in the order of the ids.

  Raises:
    InputError: if a needed kind has no file, a scene lacks one or has two of
      one kind, or two cities have a scene of one name.
  """
  files = {}
  for kind, (folder, ending) in KINDS.items():
    if kind in needed and not paths[kind]:
      raise InputError(
        f'{origin}: there is no {kind}, expected'
        f' {folder}/SPLIT/CITY/NAME{ending}. Unpack or fetch the official'
        ' archives as they are, with a folder for each city.'
      )
    files[kind] = _by_scene(paths[kind], ending)
  _check_complete(files, origin, needed)
  scenes = sorted(files[file_kinds.LABEL_MAP], key=_image_id)
  _check_unique([_image_id(scene) for scene in scenes], origin)
  return {
    _image_id(scene): file_kinds.SceneFiles(
      files[file_kinds.IMAGE][scene],
      files[file_kinds.LABEL_MAP][scene],
      files[file_kinds.INSTANCE_MAP].get(scene),
    )
    for scene in scenes
  }


def _by_scene(paths: Sequence[str], ending: str) -> dict[str, str]:
  """CITY/NAME -> .../CITY/NAME_ending, whatever its extension."""
  stem = os.path.splitext(ending)[0]
  path_of_scene: dict[str, str] = {}
  for path in paths:
    city, name = path.replace(os.sep, '/').split('/')[-2:]
    scene = f'{city}/{name.rpartition(stem)[0]}'
    if scene in path_of_scene:
      raise InputError(
        f'{path}: the scene has {path_of_scene[scene]} as well. Expected one of'
        ' them; remove the other.'
      )
    path_of_scene[scene] = path
  return path_of_scene


def _image_id(scene: str) -> str:
  return scene.split('/')[1]


def _check_complete(
  files: Mapping[str, Mapping[str, str]],
  origin: str | os.PathLike[str],
  needed: Collection[str],
) -> None:
  all_scenes = set().union(*files.values())
  problems = []
  for kind in needed:
    lacking = sorted(all_scenes - files[kind].keys())
    if lacking:
      folder, ending = KINDS[kind]
      problems.append(
        f'{len(lacking)} of {len(all_scenes)} scenes have no {kind}'
        f' ({folder}/.../*{ending}): {summarize(lacking)}.'
      )
  if problems:
    raise InputError(
      f'{origin}: {" ".join(problems)} Every scene needs {", ".join(needed)}:'
      ' add what is missing, or remove the other files of these scenes.'
    )


def _check_unique(
  image_ids: Sequence[str], origin: str | os.PathLike[str]
) -> None:
  repeated = [name for name, count in Counter(image_ids).items() if count > 1]
  if repeated:
    raise InputError(
      f'{origin}: {len(repeated)} scenes have the name of a scene in another'
      f' city: {summarize(repeated)}. Names must differ; begin them with the'
      ' city.'
    )
