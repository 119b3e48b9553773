"""How well objects were found in maps whose labels are known.

A found object and a true one match if they cover each other with an IoU above
0.5, which no two objects of a map can do with the same one. Panoptic quality
(arXiv:1801.00868) is the sum of the IoU of the matches over the mean number of
found and of true objects.
"""

import dataclasses

import numpy as np

from data_pipeline import instances

_IOU = 0.5


@dataclasses.dataclass
class InstanceQuality:
  """Counts over scenes.

  Attributes:
    min_pixels: of objects that count. A smaller one that is true is left out
      with its match, and so is a smaller one that was found without a match.
    num_true: objects that there are.
    num_found: objects that were found.
    num_matched: objects that are both.
    sum_iou: of the matches.
  """

  min_pixels: int = 1
  num_true: int = 0
  num_found: int = 0
  num_matched: int = 0
  sum_iou: float = 0.0

  def update(self, found: np.ndarray, true: np.ndarray) -> None:
    """Adds a scene.

    Args:
      found: integer [H, W], label * 1000 + k in objects.
      true: the same, of the annotation. Where it has a group, whose objects
        nobody could tell apart, what was found does not count.
    """
    label_of_found = found // instances.FIRST_THING_ID
    is_group = (label_of_found > 0) & (true == label_of_found)
    found_numbers = _numbered(np.where(is_group, 0, found))
    true_numbers = _numbered(true)
    num_found, num_true = int(found_numbers.max()), int(true_numbers.max())
    shared = np.zeros((num_found + 1, num_true + 1), int)
    np.add.at(shared, (found_numbers, true_numbers), 1)
    found_areas, true_areas = shared.sum(1)[1:], shared.sum(0)[1:]
    shared = shared[1:, 1:]
    iou = shared / (found_areas[:, None] + true_areas[None] - shared)
    is_large = true_areas >= self.min_pixels
    is_match = iou > _IOU
    is_wrong = ~is_match.any(1) & (found_areas >= self.min_pixels)
    matched = iou[is_match & is_large[None]]
    self.num_true += int(is_large.sum())
    self.num_found += len(matched) + int(is_wrong.sum())
    self.num_matched += len(matched)
    self.sum_iou += float(matched.sum())

  @property
  def precision(self) -> float:
    """The share of the found objects that are true; 0 for none."""
    return _ratio(self.num_matched, self.num_found)

  @property
  def recall(self) -> float:
    """The share of the true objects that were found; 0 for none."""
    return _ratio(self.num_matched, self.num_true)

  @property
  def panoptic_quality(self) -> float:
    """Of all objects together, whatever their class; 0 for none."""
    return _ratio(self.sum_iou, (self.num_found + self.num_true) / 2)

  def to_json(self) -> dict[str, float]:
    """Counts and metrics by name."""
    return {
      **dataclasses.asdict(self),
      'precision': self.precision,
      'recall': self.recall,
      'panoptic_quality': self.panoptic_quality,
    }

  def __str__(self) -> str:
    """The metrics in a line."""
    return (
      f'precision {self.precision:.3f}, recall {self.recall:.3f}, '
      f'panoptic quality {self.panoptic_quality:.3f}'
    )


def _numbered(ids: np.ndarray) -> np.ndarray:
  """The objects of a map as 1 to n, 0 for none."""
  is_object = ids >= instances.FIRST_THING_ID
  result = np.zeros(ids.shape, int)
  _, numbers = np.unique(ids[is_object], return_inverse=True)
  result[is_object] = numbers + 1
  return result


def _ratio(numerator: float, denominator: float) -> float:
  return numerator / denominator if denominator else 0.0
