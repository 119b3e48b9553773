"""Where the files of data sets in COCO's panoptic format are.

As they are published, unpacked into one folder. A data set of one's own takes
the layout of COCO, without a year if it has none.
"""

import os
import pathlib
from typing import NamedTuple

from data_pipeline import scene_layout
from data_pipeline.errors import InputError


class Layout(NamedTuple):
  """The files of one split, relative to the data set's folder.

  Attributes:
    name: of the data set that has it.
    annotations: the JSON.
    maps: folder of the PNGs that the JSON names.
    images: folder of the photographs that the JSON names, or of folders of
      them.
  """

  name: str
  annotations: str
  maps: str
  images: str

  def at(self, root: str | os.PathLike[str], split: str) -> 'Layout':
    """The layout with the paths of a split of the data set in a folder."""
    folder = pathlib.Path(root).expanduser()
    names = scene_layout.split_names(split)
    paths = (str(folder / path.format(**names)) for path in self[1:])
    return Layout(self.name, *paths)


ALL = (
  Layout(
    'COCO',
    'annotations/panoptic_{split}2017.json',
    'annotations/panoptic_{split}2017',
    '{split}2017',
  ),
  Layout(
    'COCO without a year',
    'annotations/panoptic_{split}.json',
    'annotations/panoptic_{split}',
    '{split}',
  ),
  Layout(
    'Mapillary Vistas 2.0',
    '{long}/v2.0/panoptic/panoptic_2020.json',
    '{long}/v2.0/panoptic',
    '{long}/images',
  ),
  Layout(
    'ADE20K',
    'ade20k_panoptic_{split}.json',
    'ade20k_panoptic_{split}',
    'images/{long}',
  ),
  Layout(
    'Cityscapes',
    'gtFine/cityscapes_panoptic_{split}.json',
    'gtFine/cityscapes_panoptic_{split}',
    'leftImg8bit/{split}',
  ),
)


def find(root: str | os.PathLike[str], split: str) -> Layout:
  """The layout of a folder that has annotations of a split.

  Args:
    root: of the data set.
    split: train or val.

  Raises:
    InputError: if the folder has no annotations of a known layout.
  """
  for layout in ALL:
    if pathlib.Path(layout.at(root, split).annotations).is_file():
      return layout
  expected = ', '.join(
    f'{layout.at(root, split).annotations} ({layout.name})' for layout in ALL
  )
  raise InputError(
    f'{root}: has no panoptic annotations of the split {split!r}. Expected one'
    f' of {expected}; unpack the official archives into one folder.'
  )
