"""The data set that is written around the new maps, without a network."""

import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline import (
  labels,
  toy_street,
  unknown_instances,
  written_layouts,
)
from data_pipeline.cityscapes import folder as cityscapes_folder
from data_pipeline.kitti360 import written as kitti360_written
from data_pipeline.panoptic import layouts, written
from data_pipeline.toy_street import folder as toy_folder
from instgan_jax.build import data
from instgan_jax.commands import completed_folder
from tests import own_data

OWN = written_layouts.OWN
LABELS = {
  'labels': [
    {'id': 3, 'name': 'ground'},
    {'id': 90, 'name': 'cat', 'has_instances': True},
    {'id': 255, 'name': 'void', 'ignore_in_eval': True},
  ]
}
SIZES = {'a': (6, 9), 'b': (4, 5), 'c': (3, 8)}


class LeftAndRight:
  """Finds two objects of each class in every scene, or is not there."""

  batch_size = 2

  def __init__(self, things=(90,), middle=2):
    self._things, self._middle = things, middle

  def instance_ids(self, scenes):
    return [
      np.where(
        np.isin(scene.label_map, self._things),
        scene.label_map * np.int32(1000)
        + (np.arange(scene.label_map.shape[1]) > self._middle),
        scene.label_map,
      )
      for scene in scenes
    ]


@pytest.fixture
def root(tmp_path):
  """Three scenes of different sizes in each split; 'b' has an instance map."""
  root = tmp_path / 'mine'
  rng = np.random.default_rng(0)
  for split in ('train', 'val'):
    for folder in ('images', 'labels', 'instances'):
      (root / folder / split).mkdir(parents=True)
    for name, size in SIZES.items():
      photo = rng.integers(0, 256, (*size, 3), np.uint8)
      Image.fromarray(photo).save(root / f'images/{split}/{name}.JPG', 'JPEG')
      label_map = np.full(size, 3, np.uint8)
      label_map[1:], label_map[0, 0] = 90, 255
      Image.fromarray(label_map).save(root / f'labels/{split}/{name}.png')
    ids = np.where(np.indices(SIZES['b'])[0] > 0, 5, 0).astype(np.uint8)
    Image.fromarray(ids).save(root / f'instances/{split}/b.png')
  (root / 'labels.json').write_text(json.dumps(LABELS))
  return root


def sources(root, layout=OWN):
  return {
    split: data.source_of_files(layout.source, root, split)
    for split in ('train', 'val')
  }


def write(output, scenes, layout=OWN, found=None):
  found = found or LeftAndRight()
  return completed_folder.write(output, scenes, found, 0.5, layout)


def test_ids_of_high_labels_are_dense_and_files_keep_their_sizes(
  root, tmp_path
):
  output = tmp_path / 'out'
  said = write(output, sources(root))
  assert '2 scenes completed, 0 existed already' in said
  made, given = sources(output), sources(root)
  for split in ('train', 'val'):
    for index, (name, size) in enumerate(SIZES.items()):
      scene, original = made[split].read(index), given[split].read(index)
      assert scene.label_map.shape == size
      np.testing.assert_array_equal(scene.image, original.image)
      np.testing.assert_array_equal(scene.label_map, original.label_map)
      known = split == 'train' or name == 'b'
      assert (scene.instance_ids is not None) == known, (split, name)
  # Dense ids k come back as label * 1000 + k.
  assert np.unique(made['train'].read(0).instance_ids).tolist() == (
    [3, 255, 90001, 90002]
  )
  assert np.unique(made['val'].read(1).instance_ids).tolist() == (
    [3, 255, 90001]
  )


def test_a_changed_scene_is_written_again(root, tmp_path):
  output = tmp_path / 'out'
  write(output, sources(root))
  label_map = np.full(SIZES['c'], labels.NO_CHANNEL, np.uint8)
  Image.fromarray(label_map).save(root / 'labels/train/c.png')
  said = write(output, sources(root))
  assert '1 scenes completed, 1 existed already' in said
  scene = sources(output)['train'].read(2)
  np.testing.assert_array_equal(scene.label_map, label_map)
  assert (scene.instance_ids == labels.NO_CHANNEL).all()


def test_a_file_that_is_damaged_or_missing_is_written_again(root, tmp_path):
  output = tmp_path / 'out'
  write(output, sources(root))
  path = output / 'labels/train/a.png'
  whole = path.read_bytes()
  path.write_bytes(whole[:-20])
  said = write(output, sources(root))
  assert '1 scenes completed' in said and path.read_bytes() == whole
  missing = output / 'instances/train/c.png'
  missing.unlink()
  write(output, sources(root))
  assert missing.exists()


def write_cityscapes(root, split, source):
  toy_folder.write_split(source, str(root), split, 'toytown')


@pytest.mark.parametrize(
  ('layout', 'write_given', 'image', 'instance_map'),
  [
    (
      cityscapes_folder.LAYOUT,
      write_cityscapes,
      'leftImg8bit/train/toytown/*_000019_leftImg8bit.png',
      'gtFine/train/toytown/*_gtFine_instanceIds.png',
    ),
    (
      written.scene_layout_of(layouts.ALL[0]),
      own_data.write_panoptic,
      'train2017/*.jpg',
      'annotations/panoptic_train2017/*.png',
    ),
    (
      kitti360_written.LAYOUT,
      own_data.write_kitti360,
      'data_2d_raw/*/image_00/data_rect/00000000*.png',
      'data_2d_semantics/train/*/image_00/instance/00000000*.png',
    ),
  ],
)
def test_other_layouts_are_written_as_they_are_read(
  tmp_path, layout, write_given, image, instance_map
):
  root, output = tmp_path / 'given', tmp_path / 'out'
  for split in ('train', 'val'):
    write_given(root, split, toy_street.ToyStreet(3, height=16, split=split))
  given = sources(root, layout)
  given['train'] = unknown_instances.UnknownInstances(given['train'], 0.34)
  table = given['train'].label_table
  things = [label.id for label in table.things]
  # One object of each class, which has the first number of the layout.
  is_kitti360 = layout is kitti360_written.LAYOUT
  found = LeftAndRight(things, middle=-1 if is_kitti360 else 99)
  said = write(output, given, layout, found)
  assert '2 scenes completed, 0 existed already' in said
  assert f'--config.data.source={layout.source} ' in said
  made = sources(output, layout)
  for split, source in given.items():
    assert made[split].image_ids == source.image_ids
    assert made[split].label_table == table
    for index in range(3):
      scene, expected = made[split].read(index), source.read(index)
      if expected.instance_ids is None:
        (ids,) = found.instance_ids([expected])
        expected = expected._replace(instance_ids=ids)
      for got, array in zip(scene, expected, strict=True):
        np.testing.assert_array_equal(got, array)
  photo, *_ = output.glob(image)
  assert photo.samefile(root / photo.relative_to(output))
  # What is damaged or missing comes again.
  before = {p: p.read_bytes() for p in output.rglob('*') if p.is_file()}
  map_file, *_ = output.glob(instance_map)
  map_file.write_bytes(before[map_file][:-20])
  photo.unlink()
  for pattern in ('annotations/*.json', 'data_2d_semantics/train/*.txt'):
    for index in output.glob(pattern):
      index.unlink()
  write(output, given, layout, found)
  assert before == {p: p.read_bytes() for p in before}
