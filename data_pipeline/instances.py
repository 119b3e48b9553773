"""Instance ids to dense ones, and the law that ties them to labels.

Every source has ids as Cityscapes writes them: label * 1000 + k for the k-th
object of a class that has instances, and the bare label id for everything
else: stuff, void, and groups
('cargroup') whose objects nobody could tell apart. Ids reach 33xxx, so they
need 16 unsigned bits, and more where labels exceed 65. k has gaps (an object
can be hidden entirely).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline import batch, labels
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
    instance_ids: uint16 or int32 [H, W], Cityscapes instance ids.
    first_id: the smallest id of an object; smaller values are no instance.
    max_instances: how many objects to keep at most.

  Raises:
    ValueError: if `instance_ids` are of another type (int16 overflows at
      32768).
  """
  if instance_ids.dtype not in (np.uint16, np.int32):
    raise ValueError(
      f'instance_ids must be uint16 or int32, got {instance_ids.dtype}.'
    )
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


def number(
  scene: batch.Scene, label_table: labels.LabelTable
) -> DenseInstances:
  """The objects of a scene; where they are unknown, its classes of things."""
  if scene.instance_ids is None:
    return class_slots(scene.label_map, label_table)
  return dense_instance_map(scene.instance_ids)


def original_ids(
  label_map: np.ndarray, instance_map: np.ndarray, ids: Sequence[int]
) -> np.ndarray:
  """The ids that dense ones 1..n had: int32 [H, W]; the label elsewhere."""
  id_of = np.array([0, *ids], np.int32)
  return np.where(instance_map > 0, id_of[instance_map], label_map)


def class_slots(
  label_map: np.ndarray, label_table: labels.LabelTable
) -> DenseInstances:
  """Each class that has instances as a single one: its id is the label's.

  Args:
    label_map: integer [H, W].
    label_table: which classes have instances.
  """
  present = set(np.unique(label_map).tolist())
  ids = tuple(label.id for label in label_table.things if label.id in present)
  slot_of = np.zeros(256, np.uint16)
  slot_of[list(ids)] = np.arange(1, len(ids) + 1)
  return DenseInstances(slot_of[label_map], ids, 0)


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


def of_things(
  label_map: np.ndarray,
  instance_ids: np.ndarray,
  label_table: labels.LabelTable,
) -> np.ndarray:
  """The ids of objects; the label elsewhere, also in objects of other classes.

  A table may have fewer things than the files.

  Args:
    label_map: uint8 [H, W].
    instance_ids: uint16 or int32 [H, W], in Cityscapes' encoding.
    label_table: which classes have instances.

  Returns:
    [H, W], of the type of `instance_ids`.
  """
  is_object = instance_ids >= FIRST_THING_ID
  is_object &= label_table.is_thing[label_map]
  return np.where(is_object, instance_ids, label_map)


def first_object_id(label_map: np.ndarray, instance_map: np.ndarray) -> int:
  """The smallest id of an object in a map of either encoding.

  Dense ids begin at 1, those of Cityscapes at 1000. They are told apart at the
  maps' own size: smaller, the only object may have vanished.
  """
  has_objects = instance_map.max() >= FIRST_THING_ID
  if has_objects or np.array_equal(label_map, instance_map):
    return FIRST_THING_ID
  return 1


def check(
  label_map: np.ndarray,
  instance_map: np.ndarray,
  first_id: int,
  label_table: labels.LabelTable,
  name: str,
) -> None:
  """Refuses maps of either encoding that are not of the same annotation.

  Args:
    label_map: [H, W], label ids.
    instance_map: [H, W], 0 or Cityscapes' ids elsewhere than in objects.
    first_id: of `first_object_id`.
    label_table: which classes have instances.
    name: the file or scene, for the message.

  Raises:
    InputError: naming the first id or pixel that is wrong.
  """
  if first_id == FIRST_THING_ID:
    filled = np.where(instance_map == 0, label_map, instance_map)
    check_labels_agree(label_map, filled, name)
    return
  is_thing = instance_map >= first_id
  _check_one_label_each(
    label_map[is_thing], instance_map[is_thing], label_table, name
  )


def encode(
  label_map: np.ndarray,
  instance_map: np.ndarray,
  label_table: labels.LabelTable,
  name: str,
) -> np.ndarray:
  """Cityscapes' ids of a map that may have dense ones, checked.

  The object with the dense id k becomes label * 1000 + k.

  Args:
    label_map: [H, W], label ids.
    instance_map: [H, W], of either encoding.
    label_table: which classes have instances.
    name: the file or scene, for messages.

  Returns:
    int32 [H, W].

  Raises:
    InputError: as `check`.
  """
  first_id = first_object_id(label_map, instance_map)
  check(label_map, instance_map, first_id, label_table, name)
  ids = instance_map.astype(np.int32)
  if first_id == 1:
    ids = np.where(ids > 0, label_map * np.int32(FIRST_THING_ID) + ids, 0)
  return of_things(label_map, ids, label_table)


def _check_one_label_each(label_ids, instance_ids, label_table, name) -> None:
  """Refuses a dense map that was not made of the same annotation."""
  lowest = np.full(FIRST_THING_ID, 256)
  highest = np.zeros_like(lowest)
  np.minimum.at(lowest, instance_ids, label_ids)
  np.maximum.at(highest, instance_ids, label_ids)
  thing_ids = {label.id for label in label_table.things}
  for i in np.unique(instance_ids):
    if lowest[i] != highest[i]:
      problem = f'has the labels {lowest[i]} and {highest[i]}'
    elif lowest[i] not in thing_ids:
      problem = f'has the label {lowest[i]}, a class without instances'
    else:
      continue
    raise InputError(
      f'{name}: the instance {i} {problem}. Expected ids of Cityscapes (label '
      '* 1000 + k for an object, the label itself elsewhere) or dense ones (0 '
      'for no instance, else an id for each object); make both maps of the '
      'same annotation, Cityscapes ids with 16 bits, which 26003 needs.'
    )
