"""Scenes of which a part has no instance map, to see what that costs."""

import hashlib

from data_pipeline import batch


class UnknownInstances:
  """The scenes of `source`, of which a share keeps its instance maps.

  Which ones keep them is a function of their names. A larger share keeps those
  of a smaller one too.

  Attributes:
    image_ids: of `source`.
    label_table: of `source`.
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
    self._known = frozenset(order[: round(share * len(order))])

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`."""
    scene = self._source.read(index)
    return scene if index in self._known else scene._replace(instance_ids=None)
