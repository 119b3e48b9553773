"""Cityscapes instance ids to dense ones, and the law that ties them to labels.

Cityscapes writes label * 1000 + k for the k-th object of a class that has
instances, and the bare label id for everything else: stuff, void, and groups
('cargroup') whose objects nobody could tell apart. Ids reach 33xxx, so they
need 16 unsigned bits. k has gaps (an object can be hidden entirely).
"""

from typing import NamedTuple

import numpy as np

from data_pipeline import batch
from data_pipeline.errors import InputError

# Ids from here on are single objects; below are stuff, void and groups.
FIRST_THING_ID = 1000


class DenseInstances(NamedTuple):
  """The objects of one scene, numbered.

  Attributes:
    instance_map: uint16 [H, W], 0 outside of every object, else 1..n.
    instance_ids: the ids of the objects 1..n in the given map, increasing.
    num_dropped: objects over the maximum.
  """

  instance_map: np.ndarray
  instance_ids: tuple[int, ...]
  num_dropped: int


def dense_instance_map(
  instance_ids: np.ndarray,
  *,
  first_id: int = FIRST_THING_ID,
  max_instances: int = batch.MAX_INSTANCES,
) -> DenseInstances:
  """Numbers the objects of one scene 1..n, in the order of their ids.

  An object over the maximum loses its instance and counts as its class
  alone, like a group. The largest objects are kept; of two of one size the
  one with the smaller id.

  Args:
    instance_ids: uint16 [H, W], Cityscapes instance ids.
    first_id: the smallest id of an object; smaller values are no instance.
    max_instances: how many objects to keep at most.

  Raises:
    ValueError: if `instance_ids` are not uint16 (int16 overflows at 32768).
  """
  if instance_ids.dtype != np.uint16:
    raise ValueError(f'instance_ids must be uint16, got {instance_ids.dtype}.')
  areas = np.bincount(instance_ids.ravel(), minlength=first_id)
  objects = np.flatnonzero(areas[first_id:]) + first_id
  # A stable sort of the negated areas leaves ties in the order of their ids.
  by_size = objects[np.argsort(-areas[objects], kind='stable')]
  kept = np.sort(by_size[:max_instances])
  dense_id_of = np.zeros(len(areas), np.uint16)
  dense_id_of[kept] = np.arange(1, len(kept) + 1)
  return DenseInstances(
    dense_id_of[instance_ids],
    tuple(kept.tolist()),
    len(objects) - len(kept),
  )


def check_labels_agree(
  label_map: np.ndarray, instance_ids: np.ndarray, name: str
) -> None:
  """Refuses maps that were not made of the same annotation.

  Args:
    label_map: uint8 [H, W], Cityscapes label ids.
    instance_ids: uint16 [H, W], Cityscapes instance ids.
    name: the file or scene, for the message.

  Raises:
    InputError: where the label is not `instance // 1000` of an object, or
      the instance id itself of anything else.
  """
  label_of_instance = np.where(
    instance_ids >= FIRST_THING_ID,
    instance_ids // FIRST_THING_ID,
    instance_ids,
  )
  differing = np.argwhere(label_of_instance != label_map)
  if not len(differing):
    return
  row, column = differing[0]
  raise InputError(
    f'{name}: label map and instance map disagree in {len(differing)} of'
    f' {label_map.size} pixels; at row {row}, column {column} the instance'
    f' id is {instance_ids[row, column]}, the label'
    f' {label_map[row, column]}. Expected label * 1000 + k for an object and'
    ' the label itself elsewhere. Make both maps of the same annotation, at'
    ' the same size and with nearest-neighbor sampling.'
  )
