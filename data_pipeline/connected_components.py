"""Connected parts of a class in place of its objects, which nobody knows."""

import numpy as np
from scipy import ndimage

from data_pipeline import batch, instances, labels


class ConnectedComponents:
  """The scenes of `source`; those without an instance map get one.

  Attributes:
    image_ids: of `source`.
    label_table: of `source`.
  """

  def __init__(self, source: batch.Source):
    self._source = source
    self.image_ids, self.label_table = source.image_ids, source.label_table

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """The scene at `index`."""
    scene = self._source.read(index)
    if scene.instance_ids is not None:
      return scene
    return scene._replace(instance_ids=instance_ids(scene, self.label_table))


def instance_ids(
  scene: batch.Scene, label_table: labels.LabelTable
) -> np.ndarray:
  """The ids of objects if each connected part of a class were one.

  What costs nothing, and fails where objects touch or something hides the
  middle of one.

  Args:
    scene: whose label map is taken.
    label_table: which classes have instances.

  Returns:
    int32 [H, W], label * 1000 + k; neighbors touch at a side or a corner. Of
    more than 1000 parts of a class the last ones are one.
  """
  ids = scene.label_map.astype(np.int32)
  for label in label_table.things:
    parts, _ = ndimage.label(scene.label_map == label.id, np.ones((3, 3)))
    first = label.id * instances.FIRST_THING_ID
    number = np.minimum(parts, instances.FIRST_THING_ID) - 1
    ids = np.where(parts > 0, first + number, ids)
  return ids
