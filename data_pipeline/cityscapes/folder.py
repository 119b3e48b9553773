"""The official Cityscapes folders, read in place."""

import os
import pathlib

import numpy as np

from data_pipeline import (
  batch,
  file_kinds,
  instance_encodings,
  labels_file,
  scene_files,
  scene_layout,
)
from data_pipeline import labels as labels_lib
from data_pipeline.cityscapes import file_names, labels
from data_pipeline.errors import InputError

# The objects of a scene without an instance map are unknown.
_NEEDED = (file_kinds.IMAGE, file_kinds.LABEL_MAP)


LAYOUT = scene_layout.SceneLayout(
  'Cityscapes',
  'folder',
  file_names.path(file_kinds.IMAGE).removesuffix('.png'),
  (
    file_names.path(file_kinds.LABEL_MAP),
    file_names.path(file_kinds.INSTANCE_MAP),
  ),
  scene_layout.label_and_instance_map(instance_encodings.encode_16_bits),
  variant='{head}v{number}_{tail}',  # CITY_SEQUENCEv0_FRAME.
  thing_ids=instance_encodings.THINGS_OF_16_BITS,
)


class CityscapesFolder:
  """A source of the scenes of one split, in the order of their names.

  Attributes:
    image_ids: the scenes' names, such as aachen_000000_000019.
    label_table: of ROOT/labels.json, or Cityscapes' where there is none.
    file_sizes: (width, height) of each scene's files.
    photographs: the paths of the scenes' images.
    has_instance_map: bool [N], whether a scene has that file.
    layout: in which scenes are written that are made of these.
  """

  layout = LAYOUT

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
      root: the folder that holds leftImg8bit and gtFine (`data_pipeline.
        cityscapes.file_names` has the details).
      split: a folder below these, such as train or val.
      size: (height, width) of the scenes that `read` gives; None for the
        files' own size.
      geometry: how they come to it, one of `data_pipeline.geometry.KINDS`.
      num_threads: to open files with.

    Raises:
      InputError: if a folder is missing or empty, a scene lacks its image or
        label map, or a file is unreadable, of another kind or of another size
        than its scene.
    """
    root = pathlib.Path(root).expanduser()
    self.label_table = label_table(root)
    self._target = scene_files.Target(self.label_table, size, geometry)
    paths = {kind: _list_files(root, split, kind) for kind in file_names.KINDS}
    scenes = file_names.match_scenes(paths, root, _NEEDED)
    self.image_ids = tuple(scenes)
    self._files = tuple(scenes.values())
    self.photographs = tuple(files.image for files in self._files)
    self.has_instance_map = np.array(
      [files.instance_ids is not None for files in self._files]
    )
    self.file_sizes = scene_files.check_all(
      lambda name: scene_files.check_headers(
        scenes[name], name, is_cityscapes=True
      ),
      self.image_ids,
      num_threads,
    )

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`, resized (see `scene_files.read_scene`).

    Raises:
      InputError: if a file is damaged or its values are wrong.
    """
    return scene_files.read_scene(
      self._files[index],
      self.image_ids[index],
      self._target,
      is_cityscapes=True,
    )


def label_table(root: str | os.PathLike[str]) -> labels_lib.LabelTable:
  """The classes of a folder: those of its labels.json, or Cityscapes'.

  Raises:
    InputError: if the file is there and wrong.
  """
  root = pathlib.Path(root).expanduser()
  return labels_file.of_folder(root, labels.TABLE)


def _list_files(root: pathlib.Path, split: str, kind: str) -> list[str]:
  name, ending = file_names.KINDS[kind]
  folder = root / name / split
  if not folder.is_dir():
    raise InputError(
      f'{_what_is_missing(root, name, split)}. Expected the unpacked Cityscapes'
      f' layout {name}/{split}/CITY/*{ending}; give the folder that holds'
      ' leftImg8bit and gtFine, and one of their splits.'
    )
  endings = [ending]
  if kind == file_kinds.IMAGE:
    stem = ending.removesuffix('.png')
    endings += [stem + extension for extension in file_kinds.JPEG_ENDINGS]
  return [str(p) for each in endings for p in folder.glob(f'*/*{each}')]


def _what_is_missing(root: pathlib.Path, name: str, split: str) -> str:
  if not root.is_dir():
    return f'{root}: there is no such folder'
  if not (root / name).is_dir():
    return f'{root}: has no folder {name}'
  splits = [path.name for path in (root / name).iterdir() if path.is_dir()]
  existing = ', '.join(sorted(splits)) or 'nothing'
  return f'{root / name}: has no split {split!r}, only {existing}'
