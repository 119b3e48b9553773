"""The maps of scenes in folders, found by their names; no photo is needed."""

import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data_pipeline import errors
from data_pipeline.errors import InputError

# What follows the scene's name. Where a folder has files of Cityscapes'
# naming, only these are taken: its folders hold colors and polygons as well.
_LABEL_ENDINGS = (
  '_gtFine_labelIds',
  '_gtCoarse_labelIds',
  '_labelIds',
)
_INSTANCE_ENDINGS = (
  '_gtFine_instanceIds',
  '_gtCoarse_instanceIds',
  '_instanceIds',
)


class SceneFiles(NamedTuple):
  """The files of a scene.

  Attributes:
    name: of the scene.
    label_map: PNG.
    instance_map: PNG; None where there is none to read.
  """

  name: str
  label_map: pathlib.Path
  instance_map: pathlib.Path | None


def find(
  label_dir: str | os.PathLike[str],
  instance_dir: str | os.PathLike[str] | None,
  names: Sequence[str] = (),
) -> tuple[SceneFiles, ...]:
  """Finds the scenes of two folders, in the order of their names.

  A scene is called as its label map, without Cityscapes' ending
  (`_gtFine_labelIds`) and the folders it lies in.

  Args:
    label_dir: a folder, which is searched recursively, or one PNG.
    instance_dir: likewise, of the instance maps; None for none.
    names: of the only scenes to take; empty for all.

  Raises:
    InputError: if there is no such folder, no map in it, a scene lacks its
      instance map, a name occurs twice or one of `names` does not occur.
  """
  label_maps = _by_name(label_dir, _LABEL_ENDINGS, 'label')
  instance_maps = None
  if instance_dir is not None:
    instance_maps = _by_name(instance_dir, _INSTANCE_ENDINGS, 'instance')
    if pathlib.Path(label_dir).is_file() and len(instance_maps) == 1:
      # Two files belong together, whatever they are called.
      instance_maps = dict(zip(label_maps, instance_maps.values(), strict=True))
  chosen = list(dict.fromkeys(names)) or list(label_maps)
  if unknown := [name for name in chosen if name not in label_maps]:
    raise InputError(
      f'{label_dir} has no scene {errors.summarize(unknown)}; it has '
      f'{errors.summarize(list(label_maps))}.'
    )
  if instance_maps is None:
    return tuple(SceneFiles(name, label_maps[name], None) for name in chosen)
  if missing := [name for name in chosen if name not in instance_maps]:
    raise InputError(
      f'{len(missing)} of {len(chosen)} scenes have no instance map in '
      f'{instance_dir}: {errors.summarize(missing)}. Expected '
      'SCENE_gtFine_instanceIds.png or SCENE.png; it has '
      f'{errors.summarize(list(instance_maps))}.'
    )
  return tuple(
    SceneFiles(name, label_maps[name], instance_maps[name]) for name in chosen
  )


def _by_name(
  folder: str | os.PathLike[str], endings: Sequence[str], kind: str
) -> Mapping[str, pathlib.Path]:
  root = pathlib.Path(folder)
  if root.is_file():
    return {scene_name(root, endings): root}
  if not root.is_dir():
    raise InputError(f'{root}: there is no such file or folder of {kind} maps.')
  files = sorted(
    pathlib.Path(below, name)
    for below, _, names in os.walk(root, followlinks=True)
    for name in names
    if name.lower().endswith('.png')
  )
  named = [path for path in files if path.stem.endswith(endings[-1])]
  files = named or files
  if not files:
    raise InputError(
      f'{root}: there is no {kind} map (PNG) in it or below. Formats that lose '
      'information, such as JPEG, change ids: save maps as PNG.'
    )
  by_name: dict[str, pathlib.Path] = {}
  for path in files:
    name = scene_name(path, endings)
    if name in by_name:
      raise InputError(
        f'{root}: two {kind} maps are of the scene {name}: {by_name[name]} and '
        f'{path}. Images are named by their scenes: give each a name.'
      )
    by_name[name] = path
  return dict(sorted(by_name.items()))


def scene_name(
  path: str | os.PathLike[str], endings: Sequence[str] = _LABEL_ENDINGS
) -> str:
  """The name of the scene of a map: that of the file, without `endings`."""
  path = pathlib.Path(path)
  for ending in endings:
    if path.stem.endswith(ending) and path.stem != ending:
      return path.stem.removesuffix(ending)
  return path.stem
