"""The scenes that a visitor can begin with, and the shapes in them."""

import functools
from collections.abc import Sequence
from typing import NamedTuple

from data_pipeline import batch, file_kinds, labels
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError
from data_pipeline.toy_street import source as toy_street
from instgan_jax.apps.studio import bodies, edit_log, map_files
from instgan_jax.apps.studio import layout as layout_lib
from instgan_jax.inference import map_folder, scene_maps

_SCENES_OF_SHAPES = 8
_SHAPES_OF_LABEL = 8
_LEAST_AREA = 12
_LARGEST_TOY_SEED = 10**6


class Opened(NamedTuple):
  """A scene to begin with."""

  name: str
  layout: layout_lib.Layout

  def describe(self) -> dict:
    """As the page keeps it, ready for JSON."""
    label_map, instance_map = self.layout.maps()
    base = {
      'label_map': map_files.encode(label_map),
      'instance_map': map_files.encode(instance_map),
    }
    return {'name': self.name, 'base': base}


class Scenes:
  """Scenes at the size of the first generator.

  Attributes:
    names: of the scenes of the data set.
    has_toy_streets: whether the labels are those of the toy streets.
  """

  def __init__(
    self,
    files: Sequence[map_folder.SceneFiles],
    *,
    image_size: tuple[int, int],
    label_table: labels.LabelTable,
  ):
    """Takes a data set's files, maybe none, a generator's size and classes."""
    self._files = {scene.name: scene for scene in files}
    self._image_size = image_size
    self._label_table = label_table
    self.names = tuple(self._files)
    self.has_toy_streets = label_table == cityscapes_labels.TABLE
    self.shapes = functools.cache(self._shapes)

  def toy(self, seed: int) -> Opened:
    """The toy street of a seed; raises InputError."""
    street = self.photographed(seed)
    layout = self._open(street.label_map, street.instance_ids)
    return Opened(f'toy_{seed:06d}', layout)

  def photographed(self, seed: int) -> batch.Scene:
    """The toy street of a seed with its photograph; raises InputError."""
    if not (self.has_toy_streets and 0 <= seed <= _LARGEST_TOY_SEED):
      raise InputError(
        f'There is no toy street {seed} for this generator, expected one of 0..'
        f'{_LARGEST_TOY_SEED} and a generator with Cityscapes labels.'
      )
    height = self._image_size[0] + self._image_size[0] % 2
    return toy_street.generate_scene(seed, height=height)

  def of_data_set(self, name: str) -> Opened:
    """A scene of the data set; raises InputError."""
    if name not in self._files:
      raise InputError(f'There is no scene {name!r}: choose one of the list.')
    files = self._files[name]
    return Opened(name, self._open(files.label_map, files.instance_map))

  def uploaded(self, upload: bodies.Upload) -> Opened:
    """A scene of a visitor's own; raises InputError."""
    label_map = map_files.decode(
      upload.label_map, file_kinds.LABEL_MAP, upload.name
    )
    instance_map = None
    if upload.instance_map is not None:
      instance_map = map_files.decode(
        upload.instance_map, file_kinds.INSTANCE_MAP, upload.name
      )
    return Opened(upload.name, self._open(label_map, instance_map))

  def _shapes(self) -> list[dict]:
    """Whole shapes of the first scenes, the largest of each label first.

    Returns:
      `label`, `shape` (a PNG in base64) and `box` of each, ready for JSON.
    """
    if self.names:
      opened = [self.of_data_set(n) for n in self.names[:_SCENES_OF_SHAPES]]
    elif self.has_toy_streets:
      opened = [self.toy(seed) for seed in range(_SCENES_OF_SHAPES)]
    else:
      return []
    found = [
      instance
      for scene in opened
      for instance in scene.layout.instances
      if _is_whole(instance, scene.layout.size)
    ]
    found.sort(key=lambda instance: -int(instance.shape.sum()))
    kept = []
    for label in sorted({instance.label for instance in found}):
      of_label = [instance for instance in found if instance.label == label]
      kept += of_label[:_SHAPES_OF_LABEL]
    return [
      {
        'label': instance.label,
        'shape': map_files.encode(instance.shape),
        'box': list(instance.box),
      }
      for instance in kept
    ]

  def _open(
    self, label_map: scene_maps.Map, instance_map: scene_maps.Map | None
  ) -> layout_lib.Layout:
    return edit_log.open_maps(
      label_map,
      instance_map,
      image_size=self._image_size,
      label_table=self._label_table,
    )


def _is_whole(instance: layout_lib.Instance, size: tuple[int, int]) -> bool:
  """Whether it is large enough, and not cut off by the border."""
  top, left, height, width = instance.box
  is_inside = (
    top > 0 and left > 0 and top + height < size[0] and left + width < size[1]
  )
  return is_inside and int(instance.shape.sum()) >= _LEAST_AREA
