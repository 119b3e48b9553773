"""How instance maps are encoded in files: to Cityscapes' ids, and from them.

own         8 or 16 bits: dense ids (0 for none), or as Cityscapes
Cityscapes  16 bits: label * 1000 + k in an object, else the label
ADE20K      RGB: red is the class, 1 to 100, green the object, 0 for none
KITTI-360   16 bits: label * 1000 + k, k = 0 for what is no single object
"""

from collections.abc import Callable, Collection
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
    encode: (label map, ids of such a scene) -> content of a file.
    thing_ids: of the classes whose objects it can tell apart.
  """

  kind: str
  decode: Callable[[np.ndarray, np.ndarray, labels.LabelTable, str], np.ndarray]
  encode: Callable[[np.ndarray, np.ndarray], np.ndarray]
  thing_ids: Collection[int] = range(256)


# Whose ids, label * 1000 + k, fit 16 bits.
THINGS_OF_16_BITS = range(2**16 // instances.FIRST_THING_ID)


def encode_16_bits(label_map: np.ndarray, ids: np.ndarray) -> np.ndarray:
  """Cityscapes' ids, uint16; dense ones where labels over 65 do not fit."""
  del label_map
  if ids.max() < 2**16:
    return ids.astype(np.uint16)
  return instances.dense_instance_map(ids.astype(np.int32)).instance_map


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


def _encode_ade20k(label_map: np.ndarray, ids: np.ndarray) -> np.ndarray:
  """Colors of ADE20K: uint8 [H, W, 3]."""
  things = [label.id for label in ade20k_labels.TABLE.things]
  red_of_label = np.zeros(256, np.uint8)
  red_of_label[things] = np.arange(1, len(things) + 1)
  green = _numbers(ids, 255)
  red = np.where(green > 0, red_of_label[label_map], 0)
  return np.stack([red, green, 0 * red], axis=-1).astype(np.uint8)


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


def _encode_kitti360(label_map: np.ndarray, ids: np.ndarray) -> np.ndarray:
  """KITTI-360's ids, uint16; labels over 64, which do not fit, as they are."""
  groups = label_map.astype(np.int32) * instances.FIRST_THING_ID
  objects = groups + _numbers(ids, instances.FIRST_THING_ID - 1)
  fits = np.isin(label_map, THINGS_OF_16_BITS)
  return np.where(fits, objects, label_map).astype(np.uint16)


def _numbers(ids: np.ndarray, most: int) -> np.ndarray:
  """The numbers of objects, from 1 to `most`: [H, W]; 0 elsewhere.

  Objects keep those that they have. Where these are out of range, all are
  numbered in their classes, and those after `most` have none.
  """
  present, places = np.unique(ids, return_inverse=True)
  label_ids, numbers = np.divmod(present, instances.FIRST_THING_ID)
  is_object = label_ids > 0
  in_order = np.arange(len(present)) - np.searchsorted(label_ids, label_ids) + 1
  objects = numbers[is_object]
  if len(objects) and not 1 <= objects.min() <= objects.max() <= most:
    numbers = np.where(in_order <= most, in_order, 0)
  return np.where(is_object, numbers, 0)[places].reshape(ids.shape)


OWN = Encoding(file_kinds.INSTANCE_MAP, instances.encode, encode_16_bits)
ADE20K = Encoding(
  file_kinds.INSTANCE_COLORS,
  _decode_ade20k,
  _encode_ade20k,
  [label.id for label in ade20k_labels.TABLE.things],
)
KITTI360 = Encoding(
  file_kinds.INSTANCE_MAP,
  _decode_kitti360,
  _encode_kitti360,
  THINGS_OF_16_BITS,
)
