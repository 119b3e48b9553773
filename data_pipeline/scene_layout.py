"""Where the files of new scenes go, so that a source reads them in place.

A source of files has a `SceneLayout` as `layout`, that of the files it reads: a
data set made of its scenes is written in it.
"""

import functools
import pathlib
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import numpy as np

from data_pipeline import labels
from data_pipeline.errors import InputError

SPLITS = {'train': 'training', 'val': 'validation'}  # And what some call them.


def split_names(split: str) -> dict[str, str]:
  """What a path may have of a split, by the name in it: {split} or {long}."""
  return {'split': split, 'long': SPLITS.get(split, split)}


class MapFile(NamedTuple):
  """The content of a PNG.

  Attributes:
    array: uint8 [H, W] or [H, W, 3], or uint16 [H, W].
    text: of its text chunks.
  """

  array: np.ndarray
  text: Mapping[str, str] = {}


# (label map, instance ids as `batch.Scene` has them, or None, table) -> content
# of the maps; without the instance map where there are no ids.
Encode = Callable[
  [np.ndarray, np.ndarray | None, labels.LabelTable], tuple[MapFile, ...]
]


# (data set, split, table, names of scenes in the split) -> None
WriteIndex = Callable[
  [pathlib.Path, str, labels.LabelTable, Collection[str]], None
]


def name_parts(name: str) -> dict[str, str]:
  """What a path may have of a scene's name.

  {head} and {tail} are what is before and after the last underscore, {city} is
  what is before the first.
  """
  head, _, tail = name.rpartition('_')
  city = name.partition('_')[0]
  return {'name': name, 'head': head, 'tail': tail, 'city': city}


class SceneLayout(NamedTuple):
  """A layout.

  Paths are relative to the data set, with {split}, {long} for training and
  validation, and the parts of the scene's name.

  Attributes:
    name: of it, for records.
    source: the `data.source` that reads it.
    image: path of a photograph, without its ending.
    maps: paths of the maps; that of the instances is the second, where it has a
      file of its own.
    encode: what the maps hold.
    variant: name of a variant of a scene, with its {number}.
    thing_ids: of the classes whose objects it can tell apart.
    parts: name of a scene -> its parts, {name} among them.
    write_index: writes the list of all scenes that are there, of which a
      program names its own, where the layout has a list.
    index_has_classes: whether the list has them, so that labels.json has not.
  """

  name: str
  source: str
  image: str
  maps: tuple[str, ...]
  encode: Encode
  variant: str = '{name}_v{number}'
  thing_ids: Collection[int] = range(256)
  parts: Callable[[str], dict[str, str]] = name_parts
  write_index: WriteIndex | None = None
  index_has_classes: bool = False

  def image_path(self, split: str, name: str, ending: str = '.png') -> str:
    """Of a scene's photograph."""
    return self._filled(self.image, split, name) + ending

  def map_paths(
    self, split: str, name: str, *, has_instances: bool = True
  ) -> tuple[str, ...]:
    """Of the maps that a scene has."""
    maps = self.maps if has_instances else self.maps[:1]
    return tuple(self._filled(path, split, name) for path in maps)

  def variant_name(self, name: str, number: int) -> str:
    """That of a variant of the scene `name`."""
    return self.variant.format(number=number, **self.parts(name))

  def folders(self, split: str) -> tuple[str, ...]:
    """The entries of a data set that hold the files of a split."""
    paths = (self.image_path(split, '_'), *self.map_paths(split, '_'))
    return tuple(dict.fromkeys(path.split('/')[0] for path in paths))

  def check_classes(self, label_table: labels.LabelTable) -> None:
    """Raises InputError for classes whose objects have no ids in it."""
    for label in label_table.things:
      if label.id not in self.thing_ids:
        raise InputError(
          f'The layout of {self.name} has no instance ids for objects of'
          f' {label.name!r} (id {label.id}). Take "has_instances" from it in'
          ' labels.json, or write the data set as photographs with a'
          ' labels.json, see docs/data.md.'
        )

  def _filled(self, path: str, split: str, name: str) -> str:
    return path.format(**split_names(split), **self.parts(name))


def label_and_instance_map(
  encode_ids: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> Encode:
  """Of layouts with a file for each.

  Args:
    encode_ids: (label map, instance ids) -> content of the instance map.
  """
  return functools.partial(_label_and_instance_map, encode_ids)


def _label_and_instance_map(
  encode_ids: Callable[[np.ndarray, np.ndarray], np.ndarray],
  label_map: np.ndarray,
  instance_ids: np.ndarray | None,
  label_table: labels.LabelTable,
) -> tuple[MapFile, ...]:
  del label_table  # Label maps have its ids.
  if instance_ids is None:
    return (MapFile(label_map),)
  return MapFile(label_map), MapFile(encode_ids(label_map, instance_ids))
