"""Scenes of a source in order, some at a time: what evaluation reads."""

import dataclasses
import functools
import hashlib
from collections.abc import Iterator

import numpy as np

from data_pipeline import batch, instances, labels, read_ahead

_NUM_THREADS = 4


@dataclasses.dataclass(frozen=True, eq=False)
class Scenes:
  """Some scenes of one size.

  Attributes:
    names: of the scenes.
    images: uint8 [N, H, W, 3], the real images.
    label_maps: uint8 [N, H, W], label ids.
    instance_maps: uint16 [N, H, W], dense ids, 0 for none.
    instance_ids: for each scene the ids that the dense ones 1..n have in the
      source, such as 26001.
    has_instance_map: bool [N], False where the objects are unknown and the
      instances are classes; None if all are known.
  """

  names: tuple[str, ...]
  images: np.ndarray
  label_maps: np.ndarray
  instance_maps: np.ndarray
  instance_ids: tuple[tuple[int, ...], ...]
  has_instance_map: np.ndarray | None = None

  @property
  def known(self) -> tuple[int, ...]:
    """The scenes whose objects are known, which metrics of instances take."""
    if self.has_instance_map is None:
      return tuple(range(len(self.names)))
    return tuple(np.flatnonzero(self.has_instance_map).tolist())

  @functools.cached_property
  def image_hashes(self) -> tuple[str, ...]:
    """SHA-256 of size and pixels of each real image."""
    return tuple(
      hashlib.sha256(str(image.shape).encode() + image.tobytes()).hexdigest()
      for image in self.images
    )


def read_scenes(source: batch.Source, batch_size: int) -> Iterator[Scenes]:
  """Every scene once, in order, read in threads a little ahead.

  Args:
    source: scenes of one size.
    batch_size: scenes at a time; the last `Scenes` may have fewer.

  Raises:
    InputError: for a scene that cannot be read.
  """
  scenes = read_ahead.map_ahead(
    source.read, range(len(source)), num_threads=_NUM_THREADS
  )
  named = zip(source.image_ids, scenes, strict=True)
  for rows in read_ahead.batched(named, batch_size):
    yield _stack(rows, source.label_table)


def _stack(
  rows: list[tuple[str, batch.Scene]], label_table: labels.LabelTable
) -> Scenes:
  names, scenes = zip(*rows, strict=True)
  dense = [instances.number(scene, label_table) for scene in scenes]
  return Scenes(
    names,
    np.stack([scene.image for scene in scenes]),
    np.stack([scene.label_map for scene in scenes]),
    np.stack([numbered.instance_map for numbered in dense]),
    tuple(numbered.instance_ids for numbered in dense),
    np.array([scene.instance_ids is not None for scene in scenes]),
  )
