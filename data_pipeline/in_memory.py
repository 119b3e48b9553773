"""Scenes held in memory, and their .npz files."""

import concurrent.futures
import json
import os
from collections.abc import Collection

import numpy as np

from data_pipeline import (
  atomic_file,
  batch,
  instances,
  labels_file,
  npz,
  progress,
)
from data_pipeline import labels as labels_lib
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError


class InMemory:
  """A source that reads another one once and keeps its arrays.

  Attributes:
    image_ids: the scenes' names.
    label_table: the classes of the label maps.
    images: uint8 [N, H, W, 3].
    label_maps: uint8 [N, H, W].
    instance_ids: uint16 or int32 [N, H, W], in Cityscapes' encoding.
    has_instance_map: bool [N], False where they are unknown, and zeros.
  """

  def __init__(self, source: batch.Source, *, num_threads: int = 8):
    """Reads every scene of `source`, with a progress bar on a terminal.

    Raises:
      InputError: if a scene cannot be read or has another size than the
        first one.
    """
    self.image_ids = tuple(source.image_ids)
    self.label_table = source.label_table
    first = source.read(0)
    shape = (len(source), *first.label_map.shape)
    self.images = np.empty((*shape, 3), np.uint8)
    self.label_maps = np.empty(shape, np.uint8)
    self.instance_ids = np.zeros(
      shape,
      np.int32 if first.instance_ids is None else first.instance_ids.dtype,
    )
    self.has_instance_map = np.zeros(len(source), bool)

    def keep(index: int) -> None:
      scene = source.read(index)
      _check_size(scene, first, self.image_ids[index])
      self.images[index] = scene.image
      self.label_maps[index] = scene.label_map
      if scene.instance_ids is not None:
        self.instance_ids[index] = scene.instance_ids
        self.has_instance_map[index] = True

    with concurrent.futures.ThreadPoolExecutor(num_threads) as threads:
      for _ in progress.bar(
        threads.map(keep, range(len(source))),
        total=len(source),
        desc='Reading scenes',
      ):
        pass

  @classmethod
  def from_npz(cls, path: str | os.PathLike[str]) -> 'InMemory':
    """Loads what `to_npz` wrote.

    Raises:
      InputError: if the file is missing, damaged, or not of this kind, or if
        the maps of a scene disagree.
    """
    source = cls.__new__(cls)
    arrays = _load_arrays(path)
    source.label_table = label_table(path)
    source.image_ids = tuple(str(name) for name in arrays['image_ids'])
    source.images = arrays['images']
    source.label_maps = arrays['label_maps']
    source.instance_ids = arrays['instance_ids']
    source.has_instance_map = arrays.get(
      'has_instance_map', np.ones(len(source.images), bool)
    )
    for index, name in enumerate(source.image_ids):
      scene = source.read(index)
      if scene.instance_ids is not None:
        instances.check_labels_agree(
          scene.label_map, scene.instance_ids, f'{path}, scene {name}'
        )
    return source

  def to_npz(self, path: str | os.PathLike[str]) -> None:
    """Writes the scenes to one compressed file, in place of an older one."""
    with (
      atomic_file.replacing(path) as partial,
      open(partial, 'wb') as file,
    ):
      np.savez_compressed(
        file,
        image_ids=np.array(self.image_ids),
        images=self.images,
        label_maps=self.label_maps,
        instance_ids=self.instance_ids,
        has_instance_map=self.has_instance_map,
        labels=json.dumps(labels_file.to_json(self.label_table)),
      )

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`, as views of the arrays."""
    ids = self.instance_ids[index] if self.has_instance_map[index] else None
    return batch.Scene(self.images[index], self.label_maps[index], ids)


def label_table(path: str | os.PathLike[str]) -> labels_lib.LabelTable:
  """The classes of an .npz; those of Cityscapes in files that have none.

  Raises:
    InputError: if it cannot be read.
  """
  arrays = _load(path, ('labels',))
  if not arrays:
    return labels.TABLE
  return labels_file.parse(str(arrays['labels']), path)


def _check_size(scene: batch.Scene, first: batch.Scene, name: str) -> None:
  shapes = [scene.image.shape, scene.label_map.shape]
  expected = [first.image.shape, first.label_map.shape]
  if shapes != expected:
    raise InputError(
      f'Scene {name}: got arrays of shapes {shapes}, expected {expected} as'
      ' of the first scene. Read all scenes at one size.'
    )


def _load(
  path: str | os.PathLike[str], names: Collection[str] = ()
) -> dict[str, np.ndarray]:
  try:
    return npz.load(path, names)
  except npz.NpzError as error:
    raise InputError(
      f'{path}: cannot be read as an .npz of scenes ({error}). Write it with'
      ' InMemory.to_npz.'
    ) from error


def _load_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
  """The arrays of an .npz, checked against each other."""
  arrays = _load(path)
  expected = {
    'image_ids': ('U', 1),
    'images': ('u1', 4),
    'label_maps': ('u1', 3),
    'instance_ids': ('u2', 3),
  }
  if 'has_instance_map' in arrays:  # Not in older files.
    expected['has_instance_map'] = ('b1', 1)
  if 'instance_ids' in arrays and arrays['instance_ids'].dtype == np.int32:
    expected['instance_ids'] = ('i4', 3)  # Of labels beyond 65.
  got = {
    key: (
      'U' if array.dtype.kind == 'U' else array.dtype.str[1:],
      array.ndim,
    )
    for key, array in arrays.items()
    if key != 'labels'
  }
  sizes = {array.shape[:3] for key, array in arrays.items() if array.ndim > 1}
  lengths = {len(array) for array in arrays.values() if array.ndim}
  if got != expected or len(sizes) != 1 or len(lengths) != 1:
    shapes = {key: (str(a.dtype), a.shape) for key, a in arrays.items()}
    raise InputError(
      f'{path}: got arrays {shapes}, expected image_ids str [N], images'
      ' uint8 [N, H, W, 3], label_maps uint8 [N, H, W] and instance_ids'
      ' uint16 [N, H, W]. Write it with InMemory.to_npz.'
    )
  if not len(arrays['image_ids']):
    raise InputError(f'{path}: holds no scene. Write it with InMemory.to_npz.')
  return arrays
