"""A data set in COCO's panoptic format, read in place."""

import collections
import os
import pathlib

from data_pipeline import batch, labels, scene_files
from data_pipeline.errors import InputError, summarize
from data_pipeline.panoptic import annotations, layouts, segment_maps, written


class PanopticFolder:
  """A source of the scenes of one split, in the order of their names.

  Label ids are those of the JSON's categories. Things are instances, without
  crowds, which are groups.

  Attributes:
    image_ids: the names of the photographs, without their endings.
    label_table: the JSON's categories, and the void.
    file_sizes: (width, height) of each scene's files.
    photographs: the paths of the scenes' images.
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
    """Reads the JSON of the split and checks the header of every file.

    Args:
      root: the folder, in one of the layouts of `panoptic.layouts`.
      split: train or val.
      size: (height, width) of the scenes that `read` gives; None for the
        files' own size.
      geometry: how they come to it, one of `data_pipeline.geometry.KINDS`.
      num_threads: to open files with.

    Raises:
      InputError: if the JSON is missing or wrong, a file that it names is
        missing, there twice, unreadable or of another kind, or sizes differ.
    """
    layout = layouts.find(root, split)
    self.layout = written.scene_layout_of(layout)
    layout = layout.at(root, split)
    found = annotations.load(layout.annotations)
    self.label_table, self._void_id = found.label_table, found.void_id
    self._target = scene_files.Target(self.label_table, size, geometry)
    photos = _files(layout.images)
    self._scenes = {
      pathlib.PurePath(image.image_file).stem: (
        _photo(photos, image.image_file),
        os.path.join(layout.maps, image.map_file),
        image.segments,
      )
      for image in found.images
    }
    if missing := [n for n, scene in self._scenes.items() if not scene[0]]:
      raise InputError(
        f'{layout.images}: {len(missing)} of {len(self._scenes)} photographs'
        f' that {layout.annotations} names are missing: {summarize(missing)}.'
        ' Unpack the official archives into one folder.'
      )
    if len(self._scenes) < len(found.images):
      raise InputError(
        f'{layout.annotations}: names'
        f' {len(found.images) - len(self._scenes)} photographs twice. Expected'
        ' one annotation of each; fetch it again.'
      )
    self.image_ids = tuple(sorted(self._scenes))
    self.photographs = tuple(self._scenes[name][0] for name in self.image_ids)
    self.file_sizes = scene_files.check_all(
      self._check, self.image_ids, num_threads
    )

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`, resized.

    Raises:
      InputError: if a file is damaged, or the PNG has a segment that the JSON
        does not have.
    """
    name = self.image_ids[index]
    photo, map_file, segments = self._scenes[name]
    scene = segment_maps.read_scene(
      photo, map_file, segments, self._void_id, name
    )
    return scene_files.fit(scene, self._target)

  def _check(self, name: str) -> tuple[int, int]:
    photo, map_file, _ = self._scenes[name]
    return segment_maps.check_headers(photo, map_file, name)


def label_table(root: str | os.PathLike[str]) -> labels.LabelTable:
  """The classes of a data set.

  Raises:
    InputError: if its annotations of train cannot be read.
  """
  layout = layouts.find(root, 'train').at(root, 'train')
  return annotations.load(layout.annotations).label_table


def _files(folder: str) -> dict[str, list[str]]:
  """The paths of all files below a folder by their names."""
  if not os.path.isdir(folder):
    raise InputError(
      f'{folder}: there is no such folder, expected that of the photographs.'
      ' Unpack the official archives into one folder.'
    )
  files = collections.defaultdict(list)
  for below, _, names in os.walk(folder, followlinks=True):
    for name in names:
      files[name].append(os.path.join(below, name))
  return files


def _photo(files: dict[str, list[str]], name: str) -> str:
  """The path of a photograph; '' if it is missing."""
  name = pathlib.PurePath(name).name
  # cityscapesScripts calls them NAME_gtFine_leftImg8bit.png.
  paths = files.get(name) or files.get(name.replace('_gtFine_', '_'), [''])
  if len(paths) > 1:
    raise InputError(
      f'{paths[0]}: {paths[1]} has the same name. Expected one photograph of'
      ' each; rename or remove one of them.'
    )
  return paths[0]
