"""The data set that is written around the new maps, without a network."""

import json

import numpy as np
import pytest
from PIL import Image

from data_pipeline import labels, photo_folder
from instgan_jax.commands import completed_folder

LABELS = {
  'labels': [
    {'id': 3, 'name': 'ground'},
    {'id': 90, 'name': 'cat', 'has_instances': True},
    {'id': 255, 'name': 'void', 'ignore_in_eval': True},
  ]
}
SIZES = {'a': (6, 9), 'b': (4, 5), 'c': (3, 8)}


class LeftAndRight:
  """Finds two cats in every scene, or is not there."""

  batch_size = 2

  def instance_ids(self, scenes):
    return [
      np.where(
        scene.label_map == 90,
        90000 + (np.arange(scene.label_map.shape[1]) > 2),
        scene.label_map,
      ).astype(np.int32)
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


def sources(root):
  return {
    split: photo_folder.PhotoFolder(root, split, size=None)
    for split in ('train', 'val')
  }


def test_ids_of_high_labels_are_dense_and_files_keep_their_sizes(
  root, tmp_path
):
  output = tmp_path / 'out'
  said = completed_folder.write(output, sources(root), LeftAndRight(), 0.5)
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
  completed_folder.write(output, sources(root), LeftAndRight(), 0.5)
  label_map = np.full(SIZES['c'], labels.NO_CHANNEL, np.uint8)
  Image.fromarray(label_map).save(root / 'labels/train/c.png')
  said = completed_folder.write(output, sources(root), LeftAndRight(), 0.5)
  assert '1 scenes completed, 1 existed already' in said
  scene = sources(output)['train'].read(2)
  np.testing.assert_array_equal(scene.label_map, label_map)
  assert (scene.instance_ids == labels.NO_CHANNEL).all()


def test_a_file_that_is_damaged_or_missing_is_written_again(root, tmp_path):
  output = tmp_path / 'out'
  completed_folder.write(output, sources(root), LeftAndRight(), 0.5)
  path = output / 'labels/train/a.png'
  whole = path.read_bytes()
  path.write_bytes(whole[:-20])
  said = completed_folder.write(output, sources(root), LeftAndRight(), 0.5)
  assert '1 scenes completed' in said and path.read_bytes() == whole
  missing = output / 'instances/train/c.png'
  missing.unlink()
  completed_folder.write(output, sources(root), LeftAndRight(), 0.5)
  assert missing.exists()
