"""How instance maps are encoded in files, and from there to Cityscapes' ids.

own        8 or 16 bits: dense ids (0 for none), or as Cityscapes
ADE20K     RGB: red is the class, 1 to 100, green the object, 0 for none
KITTI-360  16 bits: label * 1000 + k, k = 0 for what is no single object
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data_pipeline import file_kinds, instances, labels
from data_pipeline.ade20k import labels as ade20k_labels
from data_pipeline.errors import InputError


class Encoding(NamedTuple):
  """An encoding.

  Attributes:
    kind: of the files, of `file_kinds`.
    decode: (label map, content of the file, label table, name for messages) ->
      int32 [H, W] as `batch.Scene` has them; raises InputError for ids that
      cannot be.
  """

  kind: str
  decode: Callable[[np.ndarray, np.ndarray, labels.LabelTable, str], np.ndarray]


def _decode_ade20k(
  label_map: np.ndarray,
  colors: np.ndarray,
  label_table: labels.LabelTable,
  name: str,
) -> np.ndarray:
  """Objects where the label map has their class too; they overlap a little."""
  things = ade20k_labels.TABLE.things
  red, green = colors[..., 0], colors[..., 1]
  if red.max() > len(things):
    raise InputError(
      f'{name}: its red channel has {red.max()}, expected one of the'
      f' {len(things)} classes with instances, and 0 for none. Take the maps of'
      ' annotations_instance as they are.'
    )
  label_of_red = np.full(256, -1)
  label_of_red[1 : len(things) + 1] = [label.id for label in things]
  is_object = (green > 0) & (label_of_red[red] == label_map)
  ids = label_map.astype(np.int32) * instances.FIRST_THING_ID + green
  return instances.of_things(
    label_map, np.where(is_object, ids, label_map), label_table
  )


def _decode_kitti360(
  label_map: np.ndarray,
  instance_map: np.ndarray,
  label_table: labels.LabelTable,
  name: str,
) -> np.ndarray:
  ids = instance_map.astype(np.int32)
  label_ids, numbers = np.divmod(ids, instances.FIRST_THING_ID)
  ids = np.where(numbers == 0, label_ids, ids)
  instances.check_labels_agree(label_map, ids, name)
  return instances.of_things(label_map, ids, label_table)


OWN = Encoding(file_kinds.INSTANCE_MAP, instances.encode)
ADE20K = Encoding(file_kinds.INSTANCE_COLORS, _decode_ade20k)
KITTI360 = Encoding(file_kinds.INSTANCE_MAP, _decode_kitti360)
