"""COCO's panoptic format, in the layouts in which data sets are published."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from data_pipeline import instances
from data_pipeline.errors import InputError
from data_pipeline.panoptic import folder

CATEGORIES = [
  {'id': 1, 'name': 'person', 'isthing': 1, 'color': [220, 20, 60]},
  {'id': 18, 'name': 'dog', 'isthing': 1},
  {'id': 200, 'name': 'rug-merged', 'isthing': 0},
]
# Person twice, a crowd of persons, a dog, a rug; and the void at the corner.
SEGMENTS = [
  {'id': 3226956, 'category_id': 1, 'iscrowd': 0},
  {'id': 17, 'category_id': 1, 'iscrowd': 0},
  {'id': 70000, 'category_id': 1, 'iscrowd': 1},
  {'id': 255, 'category_id': 18, 'iscrowd': 0},
  {'id': 256, 'category_id': 200, 'iscrowd': 0},
]
IDS = np.full((6, 8), 256)
IDS[1, :3], IDS[1, 4:], IDS[2], IDS[4, :2], IDS[0, 0] = (
  *(17, 3226956, 70000, 255),
  0,
)
LAYOUTS = {
  'COCO': (
    'annotations/panoptic_{0}2017.json',
    'annotations/panoptic_{0}2017',
    '{0}2017',
  ),
  'no year': (
    'annotations/panoptic_{0}.json',
    'annotations/panoptic_{0}',
    '{0}',
  ),
  'Vistas': (
    '{0}ing/v2.0/panoptic/panoptic_2020.json',
    '{0}ing/v2.0/panoptic',
    '{0}ing/images',
  ),
  'ADE20K': (
    'ade20k_panoptic_{0}.json',
    'ade20k_panoptic_{0}',
    'images/{0}ing',
  ),
  'Cityscapes': (
    'gtFine/cityscapes_panoptic_{0}.json',
    'gtFine/cityscapes_panoptic_{0}',
    'leftImg8bit/{0}/town',
  ),
}


def rgb(ids):
  """Ids as colors."""
  return np.stack([ids % 256, ids // 256 % 256, ids // 65536], -1).astype('u1')


def write(root, layout='COCO', categories=CATEGORIES, segments=SEGMENTS):
  """Two images of the train split; returns the path of the JSON."""
  annotations, maps, images = (
    root / path.format('train') for path in LAYOUTS[layout]
  )
  for path in (annotations.parent, maps, images):
    path.mkdir(parents=True, exist_ok=True)
  content = {'images': [], 'categories': categories, 'annotations': []}
  ending = '_leftImg8bit.png' if layout == 'Cityscapes' else '.jpg'
  for i, name in enumerate(('000009', '000025')):
    Image.new('L' if i else 'RGB', (8, 6), 50).save(images / f'{name}{ending}')
    Image.fromarray(rgb(IDS)).save(maps / f'{name}.png')
    named = f'{name}{ending}'.replace('_left', '_gtFine_left')
    content['images'].append({'id': i, 'file_name': named})
    content['annotations'].append(
      {'image_id': i, 'file_name': f'{name}.png', 'segments_info': segments}
    )
  annotations.write_text(json.dumps(content))
  return annotations


def read(root, **settings):
  return folder.PanopticFolder(root, 'train', **({'size': None} | settings))


@pytest.mark.parametrize('layout', LAYOUTS)
def test_things_become_instances_and_crowds_groups(tmp_path, layout):
  write(tmp_path, layout)
  source = read(tmp_path)
  assert len(source) == 2
  if layout != 'Cityscapes':
    assert source.image_ids == ('000009', '000025')
  for index in range(2):
    scene = source.read(index)
    assert scene.image.shape == (6, 8, 3)
    expected = {0: 0, 17: 1000, 3226956: 1001, 70000: 1, 255: 18000, 256: 200}
    for segment, instance_id in expected.items():
      assert (scene.instance_ids[segment == IDS] == instance_id).all()
      label = instance_id // 1000 or instance_id
      assert (scene.label_map[segment == IDS] == label).all()
  dense = instances.dense_instance_map(scene.instance_ids)
  assert dense.instance_ids == (1000, 1001, 18000)
  instances.check_labels_agree(scene.label_map, scene.instance_ids, layout)


def test_the_classes_are_the_categories_and_the_void(tmp_path):
  write(tmp_path)
  table = folder.label_table(tmp_path)
  assert [(label.id, label.name) for label in table.labels] == [
    *((0, 'void'), (1, 'person'), (18, 'dog'), (200, 'rug-merged')),
  ]
  assert [label.name for label in table.things] == ['person', 'dog']
  assert [label.train_id for label in table.labels] == [255, 0, 1, 2]
  assert table.named('person').color == (220, 20, 60)
  assert table.num_labels == 201
  assert read(tmp_path).label_table == table


def test_a_category_may_have_the_id_0(tmp_path):
  wall = {'id': 0, 'name': 'wall', 'isthing': 0}
  segments = [s | {'category_id': s['category_id'] % 200} for s in SEGMENTS]
  write(tmp_path, 'ADE20K', [wall, *CATEGORIES[:2]], segments)
  scene = read(tmp_path).read(0)
  assert scene.label_map[0, 0] == 255 and scene.label_map[0, 1] == 0
  table = folder.label_table(tmp_path)
  assert table.num_labels == 19  # The void has no channel.


@pytest.mark.parametrize('geometry', ['resize', 'crop', 'pad'])
def test_scenes_have_the_size_that_is_asked_for(tmp_path, geometry):
  write(tmp_path)
  scene = read(tmp_path, size=(4, 4), geometry=geometry).read(0)
  assert scene.image.shape == (4, 4, 3)
  instances.check_labels_agree(scene.label_map, scene.instance_ids, geometry)


def test_a_segment_that_the_json_does_not_have_is_refused(tmp_path):
  write(tmp_path, segments=SEGMENTS[1:])
  with pytest.raises(
    InputError, match=r'000009.png: has 1 segments .* not have: 3226956\.'
  ):
    read(tmp_path).read(0)
  write(tmp_path, segments=[])
  with pytest.raises(InputError, match=r'000009.png: has 5 segments'):
    read(tmp_path).read(0)


def no_category(root, path):
  write(root, categories=CATEGORIES[1:])


def no_json(root, path):
  path.unlink()


def no_photograph(root, path):
  (root / 'train2017' / '000025.jpg').unlink()


def no_map(root, path):
  (root / 'annotations' / 'panoptic_train2017' / '000025.png').unlink()


def gray_map(root, path):
  gray = Image.new('L', (8, 6))
  gray.save(root / 'annotations' / 'panoptic_train2017' / '000025.png')


def other_size(root, path):
  Image.new('RGB', (8, 7)).save(root / 'train2017' / '000009.jpg')


def palette(root, path):
  gray = Image.new('L', (8, 6)).convert('P')
  gray.save(root / 'annotations' / 'panoptic_train2017' / '000025.png')


def turned(root, path):
  exif = Image.Exif()
  exif[0x0112] = 8
  photo = root / 'train2017' / '000009.jpg'
  Image.new('RGB', (8, 6)).save(photo, exif=exif)


def cmyk(root, path):
  Image.new('CMYK', (8, 6)).save(root / 'train2017' / '000009.jpg')


def same_file_twice(root, path):
  (root / 'train2017' / 'more').mkdir()
  shutil.copy(root / 'train2017' / '000009.jpg', root / 'train2017' / 'more')


def other_json(root, path):
  path.write_text('{"annotations": []}')


def no_annotations(root, path):
  path.write_text(
    json.dumps(json.loads(path.read_text()) | {'annotations': []})
  )


def same_name_twice(root, path):
  content = json.loads(path.read_text())
  content['annotations'] *= 2
  path.write_text(json.dumps(content))


def large_category(root, path):
  write(root, categories=[*CATEGORIES, CATEGORIES[0] | {'id': 300}])


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (no_category, r'panoptic_train2017.json: 000009.png has .*category 1, whi'),
    (no_json, r"no panoptic annotations of the split 'train'\. .*\(COCO\)"),
    (no_photograph, r'1 of 2 photographs .* are missing: 000025\. Unpack'),
    (no_map, r'000025.png: cannot be read'),
    (gray_map, r'000025.png: the panoptic map is stored as 8-bit gray.*65536'),
    (other_size, r'Scene 000009: .* image 8x7, panoptic map 8x6'),
    (palette, r'000025.png: the panoptic map is stored as palette, exp.*65536'),
    (turned, r'train2017/000009.jpg: the image is to be turned, by its EXIF'),
    (cmyk, r'train2017/000009.jpg: the image is stored as CMYK, expected 8-b'),
    (same_file_twice, r'000009.jpg: .*000009.jpg has the same name\. Expected'),
    (other_json, r"2017.json: is not of COCO's panoptic format .*'categories'"),
    (no_annotations, r'2017.json: has no annotations'),
    (same_name_twice, r'2017.json: names 2 photographs twice'),
    (large_category, r"2017.json: the label .*'id': 300.* out of 0\.\.255"),
  ],
)
def test_what_cannot_be_used_is_refused_before_training(
  tmp_path, change, message
):
  change(tmp_path, write(tmp_path))
  with pytest.raises(InputError, match=message) as error:
    read(tmp_path)
  assert '\n' not in str(error.value)
