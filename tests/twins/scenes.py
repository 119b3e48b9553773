"""Random scenes, and the input of GauGAN's networks for them."""

import functools
from typing import NamedTuple

import numpy as np

from benchmarks.twins import torch_arrays


class Scene(NamedTuple):
  """A batch of scenes of blocks.

  Attributes:
    labels: int32 [B, H, W].
    instances: int32 [B, H, W], dense ids, 0 for none.
    raw_instances: int32 [B, H, W], as Cityscapes writes them.
    image: uint8 [B, H, W, 3].
  """

  labels: np.ndarray
  instances: np.ndarray
  raw_instances: np.ndarray
  image: np.ndarray

  @property
  def scaled_image(self):
    return self.image.astype(np.float32) / 127.5 - 1


@functools.cache
def random(batch, height, width, *, num_labels=6, seed=0):
  """Blocks of 8 pixels; the upper half of the labels are of things."""
  rng = np.random.default_rng(seed)

  def blocks(high):
    grid = rng.integers(0, high, (batch, -(-height // 8), -(-width // 8)))
    grid = grid.repeat(8, axis=1).repeat(8, axis=2)
    return grid[:, :height, :width].astype(np.int32)

  labels, instances = blocks(num_labels), blocks(3) + 1
  instances[labels < num_labels // 2] = 0
  raw = np.where(instances > 0, 1000 * labels + instances - 1, labels)
  image = rng.integers(0, 256, (batch, height, width, 3), dtype=np.uint8)
  return Scene(labels, instances, raw.astype(np.int32), image)


def network_input(labels, raw_instances, *, num_labels, use_edges):
  """NCHW tensor: the one-hot of the labels, perhaps the edges of the ids."""
  one_hot = np.eye(num_labels, dtype=np.float32)[labels]
  if not use_edges:
    return torch_arrays.to_tensor(one_hot)
  edges = np.zeros((*labels.shape, 1), np.float32)
  rows = raw_instances[:, 1:] != raw_instances[:, :-1]
  columns = raw_instances[:, :, 1:] != raw_instances[:, :, :-1]
  edges[:, 1:, :, 0][rows] = 1
  edges[:, :-1, :, 0][rows] = 1
  edges[:, :, 1:, 0][columns] = 1
  edges[:, :, :-1, 0][columns] = 1
  return torch_arrays.to_tensor(np.concatenate([one_hot, edges], axis=-1))
