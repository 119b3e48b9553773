"""The 150 classes of ADE20K's scene parsing challenge, of which 100 are things.

Names, short, as in its objectInfo150; things are those of the instance
segmentation of 2017 (github.com/CSAILVision/placeschallenge). Maps have the
ids 1 to 150, and 0 for everything else.
"""

from data_pipeline import labels

_NAMES = (
  *('wall', 'building', 'sky', 'floor', 'tree', 'ceiling', 'road', 'bed'),
  *('windowpane', 'grass', 'cabinet', 'sidewalk', 'person', 'earth', 'door'),
  *('table', 'mountain', 'plant', 'curtain', 'chair', 'car', 'water'),
  *('painting', 'sofa', 'shelf', 'house', 'sea', 'mirror', 'rug', 'field'),
  *('armchair', 'seat', 'fence', 'desk', 'rock', 'wardrobe', 'lamp'),
  *('bathtub', 'railing', 'cushion', 'base', 'box', 'column', 'signboard'),
  *('chest of drawers', 'counter', 'sand', 'sink', 'skyscraper', 'fireplace'),
  *('refrigerator', 'grandstand', 'path', 'stairs', 'runway', 'case'),
  *('pool table', 'pillow', 'screen door', 'stairway', 'river', 'bridge'),
  *('bookcase', 'blind', 'coffee table', 'toilet', 'flower', 'book', 'hill'),
  *('bench', 'countertop', 'stove', 'palm', 'kitchen island', 'computer'),
  *('swivel chair', 'boat', 'bar', 'arcade machine', 'hovel', 'bus', 'towel'),
  *('light', 'truck', 'tower', 'chandelier', 'awning', 'streetlight', 'booth'),
  *('television receiver', 'airplane', 'dirt track', 'apparel', 'pole'),
  *('land', 'bannister', 'escalator', 'ottoman', 'bottle', 'buffet', 'poster'),
  *('stage', 'van', 'ship', 'fountain', 'conveyer belt', 'canopy', 'washer'),
  *('plaything', 'swimming pool', 'stool', 'barrel', 'basket', 'waterfall'),
  *('tent', 'bag', 'minibike', 'cradle', 'oven', 'ball', 'food', 'step'),
  *('tank', 'trade name', 'microwave', 'pot', 'animal', 'bicycle', 'lake'),
  *('dishwasher', 'screen', 'blanket', 'sculpture', 'hood', 'sconce', 'vase'),
  *('traffic light', 'tray', 'ashcan', 'fan', 'pier', 'crt screen', 'plate'),
  *('monitor', 'bulletin board', 'shower', 'radiator', 'glass', 'clock'),
  'flag',
)
# fmt: off
_STUFF = frozenset((
  1, 2, 3, 4, 5, 6, 7, 10, 12, 14, 17, 18, 22, 26, 27, 29, 30, 35, 41, 47, 49,
  52, 53, 55, 60, 61, 62, 64, 69, 78, 80, 85, 92, 95, 97, 100, 101, 102, 106,
  107, 110, 114, 115, 118, 123, 129, 132, 141, 142, 146,
))
# fmt: on

TABLE = labels.LabelTable(
  (
    labels.Label(0, 'other', labels.IGNORED, False, True, (0, 0, 0)),
    *(
      labels.Label(i, name, i - 1, i not in _STUFF, False, color)
      for i, (name, color) in enumerate(
        zip(_NAMES, map(labels.distinct_color, range(1, 151)), strict=True), 1
      )
    ),
  ),
  num_labels=151,
)
