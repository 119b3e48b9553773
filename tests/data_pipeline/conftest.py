"""Small hand-made sources for the tests of the data pipeline."""

import numpy as np
import pytest

from data_pipeline import batch


class HandMadeScenes:
  """Scenes that differ in every array and are nowhere symmetric.

  Scene i has sky, a group of cars, car i, and bicycle 33007, whose id does
  not fit 15 bits. Every column of the image names the label below it.
  """

  def __init__(self, num_scenes, height=4, width=8):
    self.image_ids = tuple(f'town_{i:06d}' for i in range(num_scenes))
    self.height = height
    self.width = width
    self.reads = []

  def __len__(self):
    return len(self.image_ids)

  def read(self, index):
    self.reads.append(index)
    ids = np.full((self.height, self.width), 23, np.uint16)
    ids[1:, 0] = 26
    ids[1:, 1:4] = 26000 + index
    ids[2:, 5:7] = 33007
    labels = np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)
    image = np.stack([labels, labels * 2, np.full_like(labels, index)], -1)
    return batch.Scene(image, labels, ids)


@pytest.fixture
def make_scenes():
  return HandMadeScenes
