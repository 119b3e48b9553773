"""Several sources as one."""

import itertools
from collections.abc import Sequence

from data_pipeline import batch


class Joined:
  """The scenes of `sources`, one source after the other.

  Attributes:
    image_ids: of the sources; a source that is there twice has its names twice.
    label_table: of the first source.
  """

  def __init__(self, sources: Sequence[batch.Source]):
    self._scenes = [
      (source, index) for source in sources for index in range(len(source))
    ]
    self.image_ids = tuple(
      itertools.chain.from_iterable(source.image_ids for source in sources)
    )
    self.label_table = sources[0].label_table

  def __len__(self) -> int:
    return len(self._scenes)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`."""
    source, own_index = self._scenes[index]
    return source.read(own_index)
