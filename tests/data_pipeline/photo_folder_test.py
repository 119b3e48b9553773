"""A folder of photographs with a labels.json, and what is refused."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from data_pipeline import photo_folder
from data_pipeline.errors import InputError

LABELS = {
  'labels': [
    {'id': 0, 'name': 'ground'},
    {'id': 5, 'name': 'dog', 'has_instances': True},
    {'id': 90, 'name': 'cat', 'has_instances': True},
    {'id': 255, 'name': 'void', 'ignore_in_eval': True},
  ]
}
MAP = np.zeros((6, 9), np.uint8)
MAP[1:3], MAP[4:, 3:], MAP[0, 0] = 5, 90, 255
# Dense: two dogs and a cat.
INSTANCES = np.zeros((6, 9), np.uint8)
INSTANCES[1:3, :4], INSTANCES[1:3, 4:], INSTANCES[4:, 3:] = 1, 2, 7


@pytest.fixture
def root(tmp_path):
  """Two scenes, a JPEG and a PNG; the first one has instances."""
  for folder in ('images', 'labels', 'instances'):
    (tmp_path / folder / 'train').mkdir(parents=True)
  (tmp_path / 'labels.json').write_text(json.dumps(LABELS))
  photo = np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8)
  Image.fromarray(photo).save(tmp_path / 'images/train/a.JPG', 'JPEG')
  Image.fromarray(photo).save(tmp_path / 'images/train/b.png')
  for name in 'ab':
    Image.fromarray(MAP).save(tmp_path / f'labels/train/{name}.png')
  Image.fromarray(INSTANCES).save(tmp_path / 'instances/train/a.png')
  return tmp_path


def read(root, **settings):
  return photo_folder.PhotoFolder(root, 'train', **({'size': None} | settings))


def test_scenes_are_matched_by_name(root):
  source = read(root)
  assert source.image_ids == ('a', 'b')
  assert [label.name for label in source.label_table.things] == ['dog', 'cat']
  for index in range(2):
    scene = source.read(index)
    np.testing.assert_array_equal(scene.label_map, MAP)
    assert scene.image.shape == (6, 9, 3) and scene.image.dtype == np.uint8
  # The object with the dense id k is label * 1000 + k.
  ids = source.read(0).instance_ids
  assert np.unique(ids).tolist() == [0, 255, 5001, 5002, 90007]
  np.testing.assert_array_equal(ids == 90007, INSTANCES == 7)
  # Without an instance map the objects are unknown.
  assert source.read(1).instance_ids is None


def test_instances_may_have_the_encoding_of_cityscapes(root):
  ids = np.where(MAP == 5, 5001, MAP.astype(np.uint16))
  Image.fromarray(ids).save(root / 'instances/train/a.png')
  np.testing.assert_array_equal(read(root).read(0).instance_ids, ids)


@pytest.mark.parametrize('geometry', ['resize', 'crop', 'pad'])
def test_scenes_have_the_size_that_is_asked_for(root, geometry):
  scene = read(root, size=(4, 4), geometry=geometry).read(0)
  assert scene.image.shape == (4, 4, 3)
  assert scene.label_map.shape == scene.instance_ids.shape == (4, 4)
  assert (255 in scene.label_map[-1]) == (geometry == 'pad')


def test_folders_below_a_split_are_searched(root):
  for folder in ('images', 'labels', 'instances'):
    shutil.move(root / folder / 'train', root / folder / 'day')
    (root / folder / 'train').mkdir()
    shutil.move(root / folder / 'day', root / folder / 'train' / 'day')
  assert read(root).image_ids == ('a', 'b')


def write(path, array, **options):
  path.unlink(missing_ok=True)
  Image.fromarray(array).save(path, **options)


def foreign_id(root):
  write(root / 'labels/train/b.png', np.where(MAP == 5, 6, MAP))


def two_labels(root):
  write(root / 'instances/train/a.png', np.full((6, 9), 3, np.uint8))


def instance_of_stuff(root):
  write(root / 'instances/train/a.png', np.where(MAP == 0, 9, 0).astype('u1'))


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (foreign_id, r'labels/train/b.png: 18 pixels .* no class has: 6\. .*0, 5,'),
    (two_labels, r'instances/train/a.png: the instance 3 has the labels 0 and'),
    (instance_of_stuff, r'a.png: the instance 9 has the label 0, a class with'),
  ],
)
def test_wrong_values_are_refused_when_they_are_read(root, change, message):
  change(root)
  source = read(root)
  with pytest.raises(InputError, match=message) as error:
    for index in range(2):
      source.read(index)
  assert '\n' not in str(error.value)


def palette(root):
  path = root / 'labels/train/b.png'
  Image.fromarray(MAP).convert('P').save(path)


def turned(root):
  path = root / 'images/train/a.JPG'
  image = Image.open(path)
  exif = image.getexif()
  exif[0x0112] = 6
  image.save(path, 'JPEG', exif=exif)


def cmyk(root):
  path = root / 'images/train/a.JPG'
  Image.open(path).convert('CMYK').save(path, 'JPEG')


def other_size(root):
  write(root / 'labels/train/b.png', MAP[:, :8])


def same_name(root):
  shutil.copy(root / 'images/train/b.png', root / 'images/train/a.png')


def no_label_map(root):
  (root / 'labels/train/b.png').unlink()


def no_photograph(root):
  (root / 'images/train/b.png').unlink()


def strange_instances(root):
  shutil.copy(
    root / 'instances/train/a.png', root / 'instances/train/zebra.png'
  )


def no_table(root):
  (root / 'labels.json').unlink()


def no_split(root):
  shutil.rmtree(root / 'labels/train')


def empty_split(root):
  for path in (root / 'images/train').iterdir():
    path.unlink()


def color_map(root):
  write(root / 'labels/train/b.png', np.zeros((6, 9, 3), np.uint8))


def jpeg_map(root):
  path = root / 'labels/train/b.png'
  with Image.open(path) as image:
    image.save(path.with_suffix('.jpg'))
  path.unlink()


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (jpeg_map, r'labels/train/b.jpg: a JPEG changes ids. Save every label map'),
    (no_table, r'labels.json: cannot be read .*\{"labels": '),
    (palette, r'labels/train/b.png: the label map is stored as palette, exp'),
    (color_map, r'labels/train/b.png: the label map is stored as RGB, exp'),
    (turned, r'images/train/a.JPG: the image is to be turned, by its EXIF'),
    (cmyk, r'images/train/a.JPG: the image is stored as CMYK, expected 8-bit'),
    (other_size, r'Scene b: sizes \(width x height\) differ: image 9x6, .*8x6'),
    (same_name, r'images/train/a.png: .*a.JPG has the same name'),
    (no_label_map, r'train: 1 scenes have no label map: b\. Files of one sc'),
    (no_photograph, r'train: 1 scenes have no photograph: b\. Files of one '),
    (strange_instances, r'1 instance maps belong to no scene: zebra'),
    (no_split, r'labels/train: there is no such folder\. Expected images/tra'),
    (empty_split, r'images/train: there is no image \(.png, .jpg, .jpeg\)'),
  ],
)
def test_what_cannot_be_used_is_refused_before_training(root, change, message):
  change(root)
  with pytest.raises(InputError, match=message) as error:
    read(root)
  assert '\n' not in str(error.value)


def test_padding_needs_a_label_that_is_not_scored(root):
  table = {'labels': LABELS['labels'][:3]}
  (root / 'labels.json').write_text(json.dumps(table))
  for name in 'ab':
    write(root / f'labels/train/{name}.png', np.where(MAP == 255, 0, MAP))
  source = read(root, size=(4, 4), geometry='pad')
  with pytest.raises(InputError, match='needs a label for its border'):
    source.read(0)


def test_gray_photographs_are_taken_as_they_are(root):
  gray = Image.open(root / 'images/train/a.JPG').convert('L')
  gray.save(root / 'images/train/a.JPG', 'JPEG')
  image = read(root).read(0).image
  assert (image == image[..., :1]).all()
