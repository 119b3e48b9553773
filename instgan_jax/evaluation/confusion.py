"""Confusion matrix of two label maps, streamed over images."""

import numpy as np

from data_pipeline import labels
from data_pipeline.errors import InputError


class Confusion:
  """Counts pixels by true and by predicted label.

  Attributes:
    matrix: int64 [N, N], matrix[t, p] pixels of label id t were called p; N is
      34 for Cityscapes, 1 more than the largest id.
    num_images: maps counted so far.
  """

  def __init__(self, label_table: labels.LabelTable):
    """Has counted nothing yet."""
    num_ids = label_table.labels[-1].id + 1
    self.matrix = np.zeros((num_ids, num_ids), np.int64)
    self.num_images = 0

  def update(
    self, true: np.ndarray, predicted: np.ndarray, name: str = ''
  ) -> None:
    """Adds the maps of one image.

    Args:
      true: integer [H, W], label ids (not train ids), ignored ones too.
      predicted: integer [H, W], label ids.
      name: the image, for messages; its number if not given.

    Raises:
      InputError: if the sizes differ or a value is no label id.
    """
    name = name or f'number {self.num_images}'
    if true.shape != predicted.shape:
      raise InputError(
        f'Image {name}: the label map is {_size(true)} pixels, the predicted '
        f'one {_size(predicted)} (height x width). Expected one size; resize '
        'the prediction first.'
      )
    for kind, label_map in (('true', true), ('predicted', predicted)):
      _check_ids(label_map, len(self.matrix), f'Image {name}, {kind} label map')
    pairs = true.astype(np.int64) * len(self.matrix) + predicted
    counts = np.bincount(pairs.ravel(), minlength=self.matrix.size)
    self.matrix += counts.reshape(self.matrix.shape)
    self.num_images += 1


def _size(label_map: np.ndarray) -> str:
  return ' x '.join(map(str, label_map.shape))


def _check_ids(label_map: np.ndarray, num_ids: int, described: str) -> None:
  if label_map.size == 0:
    raise InputError(f'{described}: is empty. Expected pixels of label ids.')
  least, largest = label_map.min(), label_map.max()
  if least < 0 or largest >= num_ids:
    raise InputError(
      f'{described}: has ids {least} to {largest}. Expected label ids '
      f'0 to {num_ids - 1}, not train ids or colors.'
    )
