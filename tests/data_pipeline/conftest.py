"""Small hand-made sources and folders for the tests of the data pipeline."""

import importlib.util
import shutil
import zipfile

import numpy as np
import pytest

from data_pipeline import batch, image_file
from data_pipeline.cityscapes import archives, file_names, labels

# These are about the extra `data`.
if importlib.util.find_spec('tensorflow') is None:
  collect_ignore = [
    'cityscapes/command_test.py',
    'cityscapes/tfds_builder_test.py',
    'panoptic/tfds_source_test.py',
    'tf_batches_test.py',
  ]


class HandMadeScenes:
  """Scenes that differ in every array and are nowhere symmetric.

  Scene i has sky, a group of cars, car i, and bicycle 33007, whose id does
  not fit 15 bits. The red channel of the image is the label map.
  """

  label_table = labels.TABLE

  def __init__(self, num_scenes, height=4, width=8):
    self.image_ids = tuple(f'town_{i:06d}' for i in range(num_scenes))
    self.height = height
    self.width = width
    self.reads = []

  def __len__(self):
    return len(self.image_ids)

  def read(self, index):
    self.reads.append(index)
    ids = np.full((self.height, self.width), 23, np.uint16)
    ids[1:, 0] = 26
    ids[1:, 1:4] = 26000 + index
    ids[2:, 5:7] = 33007
    labels = np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)
    image = np.stack([labels, labels * 2, np.full_like(labels, index)], -1)
    return batch.Scene(image, labels, ids)


@pytest.fixture
def make_scenes():
  return HandMadeScenes


@pytest.fixture
def write_folder():
  """Writes scenes to the official layout, the last one to an earlier city."""

  def write(root, split, scenes):
    for index, image_id in enumerate(scenes.image_ids):
      city = 'a' if index == len(scenes) - 1 else 'z'
      for kind, array in zip(
        file_names.KINDS.values(), scenes.read(index), strict=True
      ):
        path = root / kind.folder / split / city / f'{image_id}{kind.ending}'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image_file.encode_png(array))
    return root

  return write


@pytest.fixture
def write_archives(tmp_path, write_folder):
  """Writes scenes of splits to the two official zips, with their extras."""

  def write(folder, **scenes_of_splits):
    root = tmp_path / 'to_zip'
    for split, scenes in scenes_of_splits.items():
      write_folder(root, split, scenes)
    folder.mkdir(parents=True)
    for top, name in archives.NAMES.items():
      with zipfile.ZipFile(folder / name, 'w') as archive:
        archive.writestr('README', 'Cityscapes')
        archive.writestr('license.txt', 'non-commercial')
        for path in sorted((root / top).rglob('*')):
          archive.write(path, path.relative_to(root))
    shutil.rmtree(root)
    return folder

  return write


@pytest.fixture
def assert_same_batch():
  def assert_same(got, expected):
    assert got.keys() == expected.keys()
    for key in got:
      assert got[key].dtype == expected[key].dtype, key
      np.testing.assert_array_equal(got[key], expected[key], err_msg=key)

  return assert_same
