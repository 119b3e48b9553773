"""A folder of photographs and label maps, with a table of classes.

    ROOT/labels.json                  the classes, see `labels_file`
    ROOT/images/SPLIT/NAME.jpg        or .jpeg or .png
    ROOT/labels/SPLIT/NAME.png        8-bit label ids
    ROOT/instances/SPLIT/NAME.png     8 or 16 bits; may be missing

What belongs together has one name. There may be folders below SPLIT. Instance
ids are dense (0 for none, 1 and up) or Cityscapes' (label * 1000 + k).
"""

import os
import pathlib

import numpy as np

from data_pipeline import batch, file_kinds, labels_file, scene_files
from data_pipeline.errors import InputError, summarize

_FOLDERS = {
  file_kinds.IMAGE: 'images',
  file_kinds.LABEL_MAP: 'labels',
  file_kinds.INSTANCE_MAP: 'instances',
}
# What such a folder has.
ENTRIES = (labels_file.NAME, 'images', 'labels')
_LAYOUT = (
  'images/SPLIT/NAME.jpg (or .png), labels/SPLIT/NAME.png and, where there are'
  ' any, instances/SPLIT/NAME.png'
)


class PhotoFolder:
  """A source of the scenes of one split, in the order of their names.

  Attributes:
    image_ids: the names of the files, without their endings.
    label_table: of ROOT/labels.json.
    file_sizes: (width, height) of each scene's files.
    photographs: the paths of the scenes' images.
    has_instance_map: bool [N], whether a scene has that file.
  """

  def __init__(
    self,
    root: str | os.PathLike[str],
    split: str,
    *,
    size: tuple[int, int] | None,
    geometry: str = 'resize',
    num_threads: int = 16,
  ):
    """Lists the split and checks the header of every file.

    Args:
      root: see the module.
      split: a folder below images and labels, such as train or val.
      size: (height, width) of the scenes that `read` gives; None for the
        files' own size.
      geometry: how they come to it, one of `data_pipeline.geometry.KINDS`.
      num_threads: to open files with.

    Raises:
      InputError: if the table, a folder or a file is missing, two files have
        one name, or a file is unreadable, of another kind or of another size
        than its scene.
    """
    root = pathlib.Path(root).expanduser()
    self.label_table = labels_file.load(root / labels_file.NAME)
    self._target = scene_files.Target(self.label_table, size, geometry)
    scenes = find_scenes(root, split)
    self.file_sizes = scene_files.check_all(
      lambda name: scene_files.check_headers(scenes[name], name),
      tuple(scenes),
      num_threads,
    )
    self.image_ids = tuple(scenes)
    self._files = tuple(scenes.values())
    self.photographs = tuple(files.image for files in self._files)
    self.has_instance_map = np.array(
      [files.instance_ids is not None for files in self._files]
    )

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`, resized (see `scene_files.read_scene`).

    Raises:
      InputError: if a file is damaged or its values are wrong.
    """
    return scene_files.read_scene(
      self._files[index], self.image_ids[index], self._target
    )


def find_scenes(
  root: pathlib.Path, split: str
) -> dict[str, file_kinds.SceneFiles[str]]:
  """name -> files of a split, in the order of the names.

  Raises:
    InputError: if a folder or a file is missing, or two files have one name.
  """
  files = {
    kind: _by_name(root / folder / split, kind)
    for kind, folder in _FOLDERS.items()
    if kind != file_kinds.INSTANCE_MAP or (root / folder / split).is_dir()
  }
  images, label_maps = files[file_kinds.IMAGE], files[file_kinds.LABEL_MAP]
  problems = []
  for kind, found, others in (
    ('label map', label_maps, images),
    ('photograph', images, label_maps),
  ):
    if lacking := sorted(others.keys() - found.keys()):
      problems.append(
        f'{len(lacking)} scenes have no {kind}: {summarize(lacking)}.'
      )
  instance_maps = files.get(file_kinds.INSTANCE_MAP, {})
  if strangers := sorted(instance_maps.keys() - label_maps.keys()):
    problems.append(
      f'{len(strangers)} instance maps belong to no scene:'
      f' {summarize(strangers)}.'
    )
  if problems:
    raise InputError(
      f'{root}, split {split}: {" ".join(problems)} Files of one scene have one'
      f' name: {_LAYOUT}.'
    )
  return {
    name: file_kinds.SceneFiles(
      images[name], label_maps[name], instance_maps.get(name)
    )
    for name in sorted(label_maps)
  }


def _by_name(folder: pathlib.Path, kind: str) -> dict[str, str]:
  if not folder.is_dir():
    raise InputError(f'{folder}: there is no such folder. Expected {_LAYOUT}.')
  endings: tuple[str, ...] = ('.png',)
  if kind == file_kinds.IMAGE:
    endings += file_kinds.JPEG_ENDINGS
  by_name: dict[str, str] = {}
  for path in sorted(folder.rglob('*')):
    if path.suffix.lower() not in endings or path.name.startswith('.'):
      continue
    if path.stem in by_name:
      raise InputError(
        f'{path}: {by_name[path.stem]} has the same name. Expected one {kind}'
        ' of each scene; rename or remove one of them.'
      )
    by_name[path.stem] = str(path)
  if not by_name:
    raise InputError(
      f'{folder}: there is no {kind} ({", ".join(endings)}). Expected'
      f' {_LAYOUT}.'
    )
  return by_name
