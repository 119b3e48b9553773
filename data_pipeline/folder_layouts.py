"""Where the files of data sets are that `photo_folder` reads.

As they are published, unpacked into one folder. What belongs together has one
name, or stands in one line of a list.
"""

import pathlib
from typing import NamedTuple

from data_pipeline import instance_encodings, labels, scene_layout
from data_pipeline.ade20k import labels as ade20k_labels
from data_pipeline.kitti360 import labels as kitti360_labels


class Layout(NamedTuple):
  """The files of a data set, relative to its folder.

  Attributes:
    name: of the data set that has it.
    images: folder of the photographs of a split, and of folders of them.
    label_maps: that of the label maps, PNGs of 8 bits.
    instance_maps: that of the instance maps, which may be missing.
    encoding: of the instance maps.
    label_table: the classes where there is no labels.json; None if there has to
      be one.
    frames: a list of the photographs of a split, each with its label map. The
      three folders are then the last ones of their paths.
  """

  name: str
  images: str
  label_maps: str
  instance_maps: str
  encoding: instance_encodings.Encoding
  label_table: labels.LabelTable | None
  frames: str = ''

  def of_split(self, split: str) -> 'Layout':
    """The layout with the paths of a split, such as train or val."""
    names = scene_layout.split_names(split)
    return self._replace(
      images=self.images.format(**names),
      label_maps=self.label_maps.format(**names),
      instance_maps=self.instance_maps.format(**names),
      frames=self.frames.format(**names),
    )

  @property
  def sign(self) -> str:
    """What a data set in this layout has."""
    return self.frames or self.label_maps

  def __str__(self) -> str:
    """What is expected, for messages."""
    if self.frames:
      return (
        f'{self.frames} with lines such as .../{self.images}/NAME.png'
        f' .../{self.label_maps}/NAME.png'
      )
    return (
      f'{self.images}/NAME.jpg (or .png), {self.label_maps}/NAME.png and, where'
      f' there are any, {self.instance_maps}/NAME.png'
    )


OWN = Layout(
  'photographs with a labels.json',
  'images/{split}',
  'labels/{split}',
  'instances/{split}',
  instance_encodings.OWN,
  None,
)
ADE20K = Layout(
  'ADE20K',
  'images/{long}',
  'annotations/{long}',
  'annotations_instance/{long}',
  instance_encodings.ADE20K,
  ade20k_labels.TABLE,
)
KITTI360 = Layout(
  'KITTI-360',
  'data_rect',
  'semantic',
  'instance',
  instance_encodings.KITTI360,
  kitti360_labels.TABLE,
  'data_2d_semantics/train/2013_05_28_drive_{split}_frames.txt',
)


def find(root: pathlib.Path) -> Layout:
  """The layout that a folder has; `OWN` where it has none of them."""
  for layout in (OWN, ADE20K, KITTI360):
    if any(
      (root / layout.of_split(split).sign).exists()
      for split in scene_layout.SPLITS
    ):
      return layout
  return OWN
