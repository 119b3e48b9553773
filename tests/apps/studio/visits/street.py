"""The street that visits begin with."""

import numpy as np

from data_pipeline.toy_street import source

HEIGHT, WIDTH = 32, 64
SEED = 7  # Three cars of 60 pixels and more.


def largest(rank=0):
  """The id of the largest instance, and a point in it as shares."""
  ids = source.generate_scene(SEED, height=HEIGHT).instance_ids
  present = np.unique(ids[ids >= 1000])
  one = sorted(present, key=lambda i: -(ids == i).sum())[rank]
  rows, columns = np.nonzero(ids == one)
  middle = len(rows) // 2
  point = (columns[middle] + 0.5) / WIDTH, (rows[middle] + 0.5) / HEIGHT
  return int(one), point
