"""Scenes of which a part has no instance map."""

import hashlib

import numpy as np

from data_pipeline import batch, written_layouts


def has_instance_map(source: batch.Source) -> np.ndarray:
  """bool [N], for each scene of a source whether its objects are known.

  Sources that do not say so know all of them.
  """
  return np.asarray(
    getattr(source, 'has_instance_map', np.ones(len(source), bool))
  )


def summary(source: batch.Source) -> str:
  """A line on the scenes without an instance map; '' where none lacks it."""
  known = has_instance_map(source)
  if known.all() or not source.label_table.things:
    return ''
  return (
    f'{known.sum()} of {len(known)} scenes have an instance map: the objects of'
    f' the other {np.sum(~known)} are unknown.'
  )


class UnknownInstances:
  """The scenes of `source`, of which a share keeps its instance maps.

  It shows what it costs to annotate no more.

  Which ones keep them is a function of their names. A larger share keeps those
  of a smaller one too.

  Attributes:
    image_ids: of `source`.
    label_table: of `source`.
    has_instance_map: bool [N], of the scenes.
    photographs: of `source`, where it has them.
    layout: of `source`.
  """

  def __init__(self, source: batch.Source, share: float):
    """Chooses the scenes.

    Args:
      source: of the scenes.
      share: that keep their instance maps, from 0 to 1.
    """
    self._source = source
    self.image_ids, self.label_table = source.image_ids, source.label_table
    digests = [
      hashlib.sha256(name.encode()).digest() for name in self.image_ids
    ]
    order = sorted(range(len(digests)), key=digests.__getitem__)
    is_kept = np.zeros(len(order), bool)
    is_kept[order[: round(share * len(order))]] = True
    self.has_instance_map = is_kept & has_instance_map(source)
    self.photographs = getattr(source, 'photographs', ())
    self.layout = written_layouts.of_source(source)

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`."""
    scene = self._source.read(index)
    if self.has_instance_map[index]:
      return scene
    return scene._replace(instance_ids=None)
