"""The Cityscapes label table: ids, names, training ids and official colors.

Facts as in cityscapesScripts' `helpers/labels.py`. The table ends with id 33;
GauGAN's networks have 35 channels, so id 34 gets a color (black) as well.
The official table has one more row, license plate with id -1. It is left out:
the official maps never use it, plates keep the car's id.
"""

from typing import NamedTuple

import numpy as np

from data_pipeline import batch


class Label(NamedTuple):
  """One row of the table.

  Attributes:
    id: the value in *_labelIds.png; LABELS[i].id is i.
    name: in English, as in the official table.
    train_id: 0..18 for the 19 classes of the benchmark, 255 for others.
    has_instances: True if single objects get ids of their own,
      id * 1000 + k. Caravan and trailer do, though they are not scored.
    ignore_in_eval: True if pixels of this ground truth are not scored.
    color: (red, green, blue), 0..255, of the official color maps.
  """

  id: int
  name: str
  train_id: int
  has_instances: bool
  ignore_in_eval: bool
  color: tuple[int, int, int]


LABELS = (
  Label(0, 'unlabeled', 255, False, True, (0, 0, 0)),
  Label(1, 'ego vehicle', 255, False, True, (0, 0, 0)),
  Label(2, 'rectification border', 255, False, True, (0, 0, 0)),
  Label(3, 'out of roi', 255, False, True, (0, 0, 0)),
  Label(4, 'static', 255, False, True, (0, 0, 0)),
  Label(5, 'dynamic', 255, False, True, (111, 74, 0)),
  Label(6, 'ground', 255, False, True, (81, 0, 81)),
  Label(7, 'road', 0, False, False, (128, 64, 128)),
  Label(8, 'sidewalk', 1, False, False, (244, 35, 232)),
  Label(9, 'parking', 255, False, True, (250, 170, 160)),
  Label(10, 'rail track', 255, False, True, (230, 150, 140)),
  Label(11, 'building', 2, False, False, (70, 70, 70)),
  Label(12, 'wall', 3, False, False, (102, 102, 156)),
  Label(13, 'fence', 4, False, False, (190, 153, 153)),
  Label(14, 'guard rail', 255, False, True, (180, 165, 180)),
  Label(15, 'bridge', 255, False, True, (150, 100, 100)),
  Label(16, 'tunnel', 255, False, True, (150, 120, 90)),
  Label(17, 'pole', 5, False, False, (153, 153, 153)),
  Label(18, 'polegroup', 255, False, True, (153, 153, 153)),
  Label(19, 'traffic light', 6, False, False, (250, 170, 30)),
  Label(20, 'traffic sign', 7, False, False, (220, 220, 0)),
  Label(21, 'vegetation', 8, False, False, (107, 142, 35)),
  Label(22, 'terrain', 9, False, False, (152, 251, 152)),
  Label(23, 'sky', 10, False, False, (70, 130, 180)),
  Label(24, 'person', 11, True, False, (220, 20, 60)),
  Label(25, 'rider', 12, True, False, (255, 0, 0)),
  Label(26, 'car', 13, True, False, (0, 0, 142)),
  Label(27, 'truck', 14, True, False, (0, 0, 70)),
  Label(28, 'bus', 15, True, False, (0, 60, 100)),
  Label(29, 'caravan', 255, True, True, (0, 0, 90)),
  Label(30, 'trailer', 255, True, True, (0, 0, 110)),
  Label(31, 'train', 16, True, False, (0, 80, 100)),
  Label(32, 'motorcycle', 17, True, False, (0, 0, 230)),
  Label(33, 'bicycle', 18, True, False, (119, 11, 32)),
)

# The ids of classes whose single objects have ids of their own.
INSTANCE_LABEL_IDS = tuple(label.id for label in LABELS if label.has_instances)

# The 19 classes that are scored, in the order of their train ids:
# EVALUATED[train_id].
EVALUATED = tuple(
  sorted(
    (label for label in LABELS if not label.ignore_in_eval),
    key=lambda label: label.train_id,
  )
)

# uint8 [35, 3], the color of each label id.
COLORS = np.zeros((batch.NUM_LABELS, 3), np.uint8)
COLORS[: len(LABELS)] = [label.color for label in LABELS]
COLORS.setflags(write=False)

_ID_OF_NAME = {label.name: label.id for label in LABELS}


def label_id(name: str) -> int:
  """The id of the label called `name`: label_id('car') is 26.

  Raises:
    KeyError: if there is no such label.
  """
  return _ID_OF_NAME[name]


def colorize(label_map: np.ndarray) -> np.ndarray:
  """Shows a label map in the official colors.

  Args:
    label_map: integer [...], label ids 0..34.

  Returns:
    uint8 [..., 3], RGB.

  Raises:
    ValueError: if an id is outside of the table, which wrong files have.
  """
  largest = batch.NUM_LABELS - 1
  if label_map.size and not (
    0 <= label_map.min() and label_map.max() <= largest
  ):
    raise ValueError(
      f'Label ids must be 0..{largest}, got'
      f' {label_map.min()}..{label_map.max()}: is this a label map?'
    )
  return COLORS[label_map]
