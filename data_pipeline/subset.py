"""A few scenes of a source, in a given order."""

from collections.abc import Sequence

from data_pipeline import batch
from data_pipeline.errors import InputError


class Subset:
  """The scenes of `source` at `indices`.

  Attributes:
    image_ids: their names.
    label_table: of `source`.
  """

  def __init__(self, source: batch.Source, indices: Sequence[int]):
    """Chooses the scenes.

    Raises:
      InputError: for an index that `source` does not have.
    """
    for index in indices:
      if not 0 <= index < len(source):
        raise InputError(
          f'There is no scene {index}: the source has {len(source)} scenes, '
          f'0 to {len(source) - 1}.'
        )
    self._source, self._indices = source, tuple(indices)
    self.label_table = source.label_table
    self.image_ids = tuple(source.image_ids[index] for index in indices)

  def __len__(self) -> int:
    return len(self._indices)

  def read(self, index: int) -> batch.Scene:
    """The scene at `indices[index]`."""
    return self._source.read(self._indices[index])
