"""The table of a data set's classes.

Every data set brings one, and a generator keeps that of its data. Cityscapes'
is `data_pipeline.cityscapes.labels.TABLE`; `data_pipeline.labels_file` reads
those of other data sets.
"""

import colorsys
import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError, summarize

# The train id of what is not scored.
IGNORED = 255
# An id that has no channel in the networks: what has no label at all.
NO_CHANNEL = 255


class Label(NamedTuple):
  """One class.

  Attributes:
    id: its value in label maps, 0..255.
    name: how flags and tables call it.
    train_id: 0..n-1 for the n classes that are scored, 255 for others.
    has_instances: True for things, whose single objects get ids of their own,
      id * 1000 + k. False for stuff.
    ignore_in_eval: True if pixels of this ground truth are not scored.
    color: (red, green, blue), 0..255.
  """

  id: int
  name: str
  train_id: int
  has_instances: bool
  ignore_in_eval: bool
  color: tuple[int, int, int]


@dataclasses.dataclass(frozen=True)
class LabelTable:
  """The classes of a data set; of a generator those that it was trained on.

  Attributes:
    labels: in the order of their ids, which may have gaps.
    num_labels: channels of the networks' label maps. Every id but 255, which
      has no channel, is below it.
  """

  labels: tuple[Label, ...]
  num_labels: int

  @functools.cached_property
  def things(self) -> tuple[Label, ...]:
    """The classes whose objects have ids of their own."""
    return tuple(label for label in self.labels if label.has_instances)

  @functools.cached_property
  def is_thing(self) -> np.ndarray:
    """bool [256], whether a label has instances."""
    is_thing = np.zeros(256, bool)
    is_thing[[label.id for label in self.things]] = True
    return is_thing

  @functools.cached_property
  def evaluated(self) -> tuple[Label, ...]:
    """The scored classes: evaluated[train_id]."""
    scored = (label for label in self.labels if not label.ignore_in_eval)
    return tuple(sorted(scored, key=lambda label: label.train_id))

  @functools.cached_property
  def train_ids(self) -> np.ndarray:
    """uint8 [256], the train id of each label id, 255 for none."""
    train_ids = np.full(256, IGNORED, np.uint8)
    for label in self.evaluated:
      train_ids[label.id] = label.train_id
    return train_ids

  @functools.cached_property
  def colors(self) -> np.ndarray:
    """uint8 [256, 3]; black for ids that no class has."""
    colors = np.zeros((256, 3), np.uint8)
    for label in self.labels:
      colors[label.id] = label.color
    return colors

  @functools.cached_property
  def is_known(self) -> np.ndarray:
    """bool [256], whether a label map may have the id."""
    is_known = np.zeros(256, bool)
    is_known[[label.id for label in self.labels]] = True
    return is_known

  def named(self, name: str) -> Label:
    """The class called `name`; raises KeyError if there is none."""
    for label in self.labels:
      if label.name == name:
        return label
    raise KeyError(name)

  def colorize(self, label_map: np.ndarray) -> np.ndarray:
    """Shows a label map in the table's colors.

    Args:
      label_map: integer [...], ids below `num_labels`, or 255.

    Returns:
      uint8 [..., 3], RGB.

    Raises:
      ValueError: if an id has neither a channel nor a class, which wrong files
        have.
    """
    largest = int(max(self.num_labels - 1, self.labels[-1].id))
    if label_map.size and not (
      0 <= label_map.min() and label_map.max() <= largest
    ):
      raise ValueError(
        f'Label ids must be 0..{largest}, got'
        f' {label_map.min()}..{label_map.max()}: is this a label map?'
      )
    return self.colors[label_map]

  def check_ids(self, label_map: np.ndarray, name: str, hint: str) -> None:
    """Refuses ids that no class of the table has.

    Args:
      label_map: integer [H, W], not negative.
      name: the file or scene, for the message.
      hint: what to do about it.

    Raises:
      InputError: naming the ids.
    """
    counts = np.bincount(label_map.ravel(), minlength=256)
    counts[:256][self.is_known] = 0
    foreign = np.flatnonzero(counts)
    if len(foreign):
      raise InputError(
        f'{name}: {counts.sum()} pixels have label ids that no class has:'
        f' {summarize(list(map(str, foreign)))}. Expected {self._ids()}; {hint}'
      )

  def _ids(self) -> str:
    """The ids, as '0..33' or '0..7, 9..12'."""
    runs: list[list[int]] = []
    for label in self.labels:
      if runs and label.id == runs[-1][1] + 1:
        runs[-1][1] = label.id
      else:
        runs.append([label.id, label.id])
    return ', '.join(
      f'{first}..{last}' if last > first else str(first) for first, last in runs
    )


def numbered(num_labels: int) -> LabelTable:
  """The table of classes that nobody named: any may have instances."""
  labels = tuple(
    Label(i, f'label {i}', i, True, False, distinct_color(i))
    for i in range(min(num_labels, NO_CHANNEL))
  )
  return LabelTable(labels, num_labels)


def distinct_color(index: int) -> tuple[int, int, int]:
  """Colors of which successive ones differ: hues a golden angle apart."""
  lightness = (0.55, 0.7, 0.42)[index % 3]
  rgb = colorsys.hls_to_rgb(index * 0.618034 % 1.0, lightness, 0.75)
  red, green, blue = (round(255 * channel) for channel in rgb)
  return red, green, blue
