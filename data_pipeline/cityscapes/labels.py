"""The Cityscapes label table: ids, names, training ids and official colors.

Facts as in cityscapesScripts' `helpers/labels.py`. The table ends with id 33;
GauGAN's networks have 35 channels. The official table has one more row, license
plate with id -1. It is left out: the official maps never use it, plates keep
the car's id. Caravan and trailer have instances, though they are not scored.
"""

from data_pipeline import labels

_LABELS = (
  labels.Label(0, 'unlabeled', 255, False, True, (0, 0, 0)),
  labels.Label(1, 'ego vehicle', 255, False, True, (0, 0, 0)),
  labels.Label(2, 'rectification border', 255, False, True, (0, 0, 0)),
  labels.Label(3, 'out of roi', 255, False, True, (0, 0, 0)),
  labels.Label(4, 'static', 255, False, True, (0, 0, 0)),
  labels.Label(5, 'dynamic', 255, False, True, (111, 74, 0)),
  labels.Label(6, 'ground', 255, False, True, (81, 0, 81)),
  labels.Label(7, 'road', 0, False, False, (128, 64, 128)),
  labels.Label(8, 'sidewalk', 1, False, False, (244, 35, 232)),
  labels.Label(9, 'parking', 255, False, True, (250, 170, 160)),
  labels.Label(10, 'rail track', 255, False, True, (230, 150, 140)),
  labels.Label(11, 'building', 2, False, False, (70, 70, 70)),
  labels.Label(12, 'wall', 3, False, False, (102, 102, 156)),
  labels.Label(13, 'fence', 4, False, False, (190, 153, 153)),
  labels.Label(14, 'guard rail', 255, False, True, (180, 165, 180)),
  labels.Label(15, 'bridge', 255, False, True, (150, 100, 100)),
  labels.Label(16, 'tunnel', 255, False, True, (150, 120, 90)),
  labels.Label(17, 'pole', 5, False, False, (153, 153, 153)),
  labels.Label(18, 'polegroup', 255, False, True, (153, 153, 153)),
  labels.Label(19, 'traffic light', 6, False, False, (250, 170, 30)),
  labels.Label(20, 'traffic sign', 7, False, False, (220, 220, 0)),
  labels.Label(21, 'vegetation', 8, False, False, (107, 142, 35)),
  labels.Label(22, 'terrain', 9, False, False, (152, 251, 152)),
  labels.Label(23, 'sky', 10, False, False, (70, 130, 180)),
  labels.Label(24, 'person', 11, True, False, (220, 20, 60)),
  labels.Label(25, 'rider', 12, True, False, (255, 0, 0)),
  labels.Label(26, 'car', 13, True, False, (0, 0, 142)),
  labels.Label(27, 'truck', 14, True, False, (0, 0, 70)),
  labels.Label(28, 'bus', 15, True, False, (0, 60, 100)),
  labels.Label(29, 'caravan', 255, True, True, (0, 0, 90)),
  labels.Label(30, 'trailer', 255, True, True, (0, 0, 110)),
  labels.Label(31, 'train', 16, True, False, (0, 80, 100)),
  labels.Label(32, 'motorcycle', 17, True, False, (0, 0, 230)),
  labels.Label(33, 'bicycle', 18, True, False, (119, 11, 32)),
)

TABLE = labels.LabelTable(_LABELS, num_labels=35)
