"""The maps of one scene as the generator takes them, from arrays or files."""

import os
from typing import NamedTuple, TypeGuard

import numpy as np
import numpy.typing as npt

from data_pipeline import (
  batch,
  file_kinds,
  geometry,
  image_file,
  instances,
  labels,
)
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError

# A file, or whatever numpy makes an array of.
Map = npt.ArrayLike | str | os.PathLike[str]
_LARGEST_ID = np.iinfo(np.uint16).max


class SceneMaps(NamedTuple):
  """The maps of a scene at the generator's size.

  Attributes:
    label_map: uint8 [H, W], label ids.
    instance_map: uint16 [H, W], dense ids: 0 for none, 1..N.
    instance_ids: the N ids that the given map has for 1..N, increasing.
    size: height and width of the given maps.
    name: of the scene, which its styles depend on.
    num_dropped: instances over the maximum, the smallest ones; they count as
      their class alone.
  """

  label_map: np.ndarray
  instance_map: np.ndarray
  instance_ids: tuple[int, ...]
  size: tuple[int, int]
  name: str = ''
  num_dropped: int = 0


def read(
  label_map: Map,
  instance_map: Map | None,
  *,
  image_size: tuple[int, int],
  name: str = '',
  label_table: labels.LabelTable = cityscapes_labels.TABLE,
  max_instances: int = batch.MAX_INSTANCES,
  with_class_slots: bool = False,
) -> SceneMaps:
  """Reads, checks and resizes the maps of a scene.

  Args:
    label_map: label ids of the table: an integer array [H, W] or an 8-bit PNG.
    instance_map: instance ids, an array of the same size or a PNG; None where
      the objects are unknown. Either those of Cityscapes (label * 1000 + k in
      an object, the label itself or 0 elsewhere) or dense ones (1..999 in an
      object, else 0); the values tell which.
    image_size: height and width of the result; ids are those of the nearest
      pixel.
    name: of the scene.
    label_table: of the generator; it says which classes have instances.
    max_instances: that keep their instance; the largest ones do.
    with_class_slots: whether without an instance map each class that has
      instances is one, whose id is that of the label. Otherwise there is none.

  Raises:
    InputError: naming the file, if something does not fit.
  """
  names = (
    describe(label_map, 'label map'),
    describe(instance_map, 'instance map'),
  )
  label_map = _load(label_map, file_kinds.LABEL_MAP, names[0])
  has_instance_map = instance_map is not None
  if instance_map is None:
    instance_map = np.zeros_like(label_map)
  else:
    instance_map = load_instance_map(instance_map)
  if label_map.shape != instance_map.shape:
    raise InputError(
      f'{names[0]} is {_times(label_map.shape)} (height x width), {names[1]} '
      f'{_times(instance_map.shape)}: expected the same size, give the two '
      'maps of one scene.'
    )
  size = label_map.shape
  first_id = instances.first_object_id(label_map, instance_map)
  label_map = geometry.resize_map(label_map, image_size)
  instance_map = geometry.resize_map(instance_map, image_size)
  label_table.check_ids(
    label_map,
    names[0],
    'give label ids (*_labelIds.png), not training ids or colors, or the maps '
    'that this generator was trained for.',
  )
  instances.check(label_map, instance_map, first_id, label_table, names[1])
  if first_id == instances.FIRST_THING_ID:
    instance_map = instances.of_things(label_map, instance_map, label_table)
  if with_class_slots and not has_instance_map:
    dense = instances.class_slots(label_map, label_table)
  else:
    dense = instances.dense_instance_map(
      instance_map, first_id=first_id, max_instances=max_instances
    )
  return SceneMaps(
    label_map.astype(np.uint8),
    dense.instance_map,
    dense.instance_ids,
    size,
    name,
    dense.num_dropped,
  )


def load_instance_map(given: Map) -> np.ndarray:
  """An instance map at its own size, uint16 [H, W]; raises InputError."""
  kind = file_kinds.INSTANCE_MAP
  return _load(given, kind, describe(given, kind))


def is_file(given: Map | None) -> TypeGuard[str | os.PathLike[str]]:
  """Whether a map is given by its file."""
  return isinstance(given, str | os.PathLike)


def describe(given: Map | None, kind: str) -> str:
  """The file of a map, or what the map is, for messages."""
  return str(given) if is_file(given) else f'the {kind}'


def _load(given: Map, kind: str, name: str) -> np.ndarray:
  """uint16 [H, W]."""
  if is_file(given):
    return image_file.read_map(given, kind).astype(np.uint16)
  given = np.asarray(given)
  if given.ndim != 2 or given.dtype.kind not in 'iu' or not given.size:
    raise InputError(
      f'{name} is {given.dtype} of shape {given.shape}, expected integers '
      '[H, W].'
    )
  if given.min() < 0 or given.max() > _LARGEST_ID:
    raise InputError(
      f'{name} has values {given.min()}..{given.max()}, expected 0..'
      f'{_LARGEST_ID}.'
    )
  return given.astype(np.uint16)


def _times(shape: tuple[int, ...]) -> str:
  return 'x'.join(map(str, shape))
