"""How well a segmenter finds the input labels in images: IoU and accuracy.

Cityscapes' definition (cityscapesScripts, evalPixelLevelSemanticLabeling): one
confusion matrix over all images; the IoU of a class is tp / (tp + fp + fn).
Pixels whose true label is ignored are dropped. A pixel of a class that is
called an ignored one is a miss (fn) of its class and nobody's fp. A class that
is neither there nor called has no IoU and is left out of the mean. (Other
programs give it 0, which lowers the mean of small sets.)

The literature has two pixel accuracies, which differ by 12 points on one and
the same set of images (81.9 and 93.5 of GauGAN's). `accuracy_valid` is the
share of the pixels with an evaluated class that got it. `accuracy_all` divides
by all pixels: the ignored ones, about a tenth, count as wrong whatever they
were called, as nothing that knows these classes could be right there.
"""

from typing import NamedTuple

import numpy as np

from data_pipeline import labels
from data_pipeline.errors import InputError


class SegmentationScores(NamedTuple):
  """Scores over a set of images, all from 0 to 1.

  Attributes:
    mean_iou: over the classes that have an IoU.
    accuracy_valid: right pixels of those whose true label is evaluated.
    accuracy_all: right pixels of all.
    class_iou: of each evaluated class by name; NaN for an absent one.
    class_pixels: true pixels of each evaluated class by name.
    num_classes: classes in the mean.
    num_pixels_valid: pixels whose true label is evaluated.
    num_pixels: all pixels.
  """

  mean_iou: float
  accuracy_valid: float
  accuracy_all: float
  class_iou: dict[str, float]
  class_pixels: dict[str, int]
  num_classes: int
  num_pixels_valid: int
  num_pixels: int


def scores(
  matrix: np.ndarray, label_table: labels.LabelTable
) -> SegmentationScores:
  """Scores of a confusion matrix.

  Args:
    matrix: int [N, N], `confusion.Confusion.matrix`.
    label_table: whose scored classes count.

  Raises:
    InputError: if no pixel has an evaluated label.
  """
  ids = [label.id for label in label_table.evaluated]
  rows = matrix[ids]
  num_valid = int(rows.sum())
  if not num_valid:
    raise InputError(
      f'None of the {matrix.sum()} true pixels has one of the {len(ids)} '
      'evaluated classes, so there is nothing to score. Check the label maps.'
    )
  evaluated = rows[:, ids]
  true_positives = np.diag(evaluated)
  union = rows.sum(axis=1) + evaluated.sum(axis=0) - true_positives
  iou = np.full(len(ids), np.nan)
  present = union > 0
  iou[present] = true_positives[present] / union[present]
  names = [label.name for label in label_table.evaluated]
  return SegmentationScores(
    mean_iou=float(iou[present].mean()),
    accuracy_valid=float(true_positives.sum() / num_valid),
    accuracy_all=float(true_positives.sum() / matrix.sum()),
    class_iou=dict(zip(names, iou.tolist(), strict=True)),
    class_pixels=dict(zip(names, rows.sum(axis=1).tolist(), strict=True)),
    num_classes=int(present.sum()),
    num_pixels_valid=num_valid,
    num_pixels=int(matrix.sum()),
  )


def table(columns: dict[str, SegmentationScores]) -> str:
  """A table for the eye, in per cent.

  Args:
    columns: the scores of each set of images under its name, such as
      'generated' and 'real', of the same label maps.

  Returns:
    A line for each class with its share of the valid pixels and its IoU in
    every column, then the means. Markdown, aligned.
  """
  first = next(iter(columns.values()))
  lines = [['class', 'pixels', *columns]]
  for name, num_pixels in first.class_pixels.items():
    share = num_pixels / first.num_pixels_valid
    values = (column.class_iou[name] for column in columns.values())
    lines.append([name, _percent(share, 2), *map(_percent, values)])
  for title, field in (
    ('mean IoU', 'mean_iou'),
    ('accuracy, valid pixels', 'accuracy_valid'),
    ('accuracy, all pixels', 'accuracy_all'),
  ):
    values = (getattr(column, field) for column in columns.values())
    lines.append([title, '', *map(_percent, values)])
  return _align(lines)


def _percent(share: float, digits: int = 1) -> str:
  return '-' if np.isnan(share) else f'{100 * share:.{digits}f}'


def _align(lines: list[list[str]]) -> str:
  widths = [max(map(len, cells)) for cells in zip(*lines, strict=True)]
  rule = ['-' * widths[0], *('-' * (width - 1) + ':' for width in widths[1:])]
  texts = [
    [
      cell.ljust(width) if i == 0 else cell.rjust(width)
      for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    for cells in (lines[0], rule, *lines[1:])
  ]
  return '\n'.join('| ' + ' | '.join(cells) + ' |' for cells in texts)
