"""A folder of photographs and label maps, in one of several layouts.

    ROOT/labels.json                  the classes, see `labels_file`
    ROOT/images/SPLIT/NAME.jpg        or .jpeg or .png
    ROOT/labels/SPLIT/NAME.png        8-bit label ids
    ROOT/instances/SPLIT/NAME.png     8 or 16 bits; may be missing

is that of one's own photographs; `folder_layouts` has the others. There may be
folders below SPLIT.
"""

import os
import pathlib

import numpy as np

from data_pipeline import (
  batch,
  folder_layouts,
  frame_list,
  labels,
  labels_file,
  named_files,
  scene_files,
  written_layouts,
)


class PhotoFolder:
  """A source of the scenes of one split, in the order of their names.

  Attributes:
    image_ids: the names of the scenes.
    label_table: see `label_table`.
    file_sizes: (width, height) of each scene's files.
    photographs: the paths of the scenes' images.
    has_instance_map: bool [N], whether a scene has that file.
    layout: in which scenes are written that are made of these.
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
      split: train or val, or another folder below images and labels.
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
    layout = folder_layouts.find(root)
    self.layout = written_layouts.of_files(layout)
    layout = layout.of_split(split)
    self.label_table = label_table(root)
    self._encoding = layout.encoding
    self._target = scene_files.Target(self.label_table, size, geometry)
    find = frame_list.find_scenes if layout.frames else named_files.find_scenes
    scenes = find(root, layout)
    self.file_sizes = scene_files.check_all(
      lambda name: scene_files.check_headers(
        scenes[name], name, encoding=layout.encoding
      ),
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
      self._files[index],
      self.image_ids[index],
      self._target,
      encoding=self._encoding,
    )


def label_table(root: str | os.PathLike[str]) -> labels.LabelTable:
  """The classes of a folder: those of its labels.json, or of its layout.

  Raises:
    InputError: if the file is wrong, or missing where it has to be.
  """
  root = pathlib.Path(root).expanduser()
  return labels_file.of_folder(root, folder_layouts.find(root).label_table)
