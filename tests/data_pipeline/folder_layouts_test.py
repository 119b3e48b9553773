"""ADE20K's and KITTI-360's own files, and what is refused in them."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from data_pipeline import folder_reader, instances, photo_folder
from data_pipeline.ade20k import labels as ade20k_labels
from data_pipeline.errors import InputError
from data_pipeline.kitti360 import labels as kitti360_labels

# Other, walls, persons (class 4 of the things) and cars (class 9).
ADE20K_MAP = np.ones((6, 8), np.uint8)
ADE20K_MAP[0, 0], ADE20K_MAP[1:3], ADE20K_MAP[4] = 0, 13, 21
# Two persons, a car, and a person over a wall and over other.
ADE20K_COLORS = np.zeros((6, 8, 3), np.uint8)
ADE20K_COLORS[1:3, :4], ADE20K_COLORS[1:3, 4:6] = (4, 1, 0), (4, 2, 77)
ADE20K_COLORS[4, 2:], ADE20K_COLORS[3], ADE20K_COLORS[0, 0] = (
  *((9, 3, 0), (4, 1, 0)),
  (0, 5, 0),
)
# A road, two buildings and one that nobody counted, a car and a lamp.
KITTI360_IDS = np.full((6, 8), 7000, np.uint16)
KITTI360_IDS[0, :3], KITTI360_IDS[0, 3:5], KITTI360_IDS[0, 5:] = (
  *(11001, 11002),
  11000,
)
KITTI360_IDS[2], KITTI360_IDS[4, 4] = 26003, 38999
KITTI360_LIST = 'data_2d_semantics/train/2013_05_28_drive_{}_frames.txt'


def write(path, array, **options):
  path.parent.mkdir(parents=True, exist_ok=True)
  path.unlink(missing_ok=True)
  Image.fromarray(array).save(path, **options)


def write_ade20k(root, split='training'):
  """Two scenes."""
  for name in ('ADE_00000001', 'ADE_00000002'):
    write(root / f'images/{split}/{name}.jpg', np.full((6, 8, 3), 9, 'u1'))
    write(root / f'annotations/{split}/{name}.png', ADE20K_MAP)
    write(root / f'annotations_instance/{split}/{name}.png', ADE20K_COLORS)
  return root


def write_kitti360(root, split='train'):
  """A frame of two sequences, of one number."""
  lines = []
  for i in (0, 2):
    sequence = f'2013_05_28_drive_000{i}_sync/image_00'
    photo = f'data_2d_raw/{sequence}/data_rect/0000000250.png'
    labels = f'data_2d_semantics/train/{sequence}/semantic/0000000250.png'
    write(root / photo, np.full((6, 8, 3), i, np.uint8))
    write(root / labels, (KITTI360_IDS // 1000).astype(np.uint8))
    write(root / labels.replace('/semantic/', '/instance/'), KITTI360_IDS)
    lines.append(f'{photo} {labels}\n')
  (root / KITTI360_LIST.format(split)).write_text(''.join(reversed(lines)))
  return root


def read(root, split='train', **settings):
  settings = {'size': None, 'geometry': 'resize'} | settings
  return folder_reader.open_split(root, split, **settings)


def test_objects_of_ade20k_are_those_whose_label_agrees(tmp_path):
  source = read(write_ade20k(tmp_path))
  assert source.image_ids == ('ADE_00000001', 'ADE_00000002')
  scene = source.read(1)
  np.testing.assert_array_equal(scene.label_map, ADE20K_MAP)
  expected = ADE20K_MAP.astype(int)
  expected[1:3, :4], expected[1:3, 4:6], expected[4, 2:] = 13001, 13002, 21003
  np.testing.assert_array_equal(scene.instance_ids, expected)
  instances.check_labels_agree(scene.label_map, scene.instance_ids, 'ADE20K')


def test_things_of_ade20k_are_the_classes_of_its_instance_segmentation():
  table = ade20k_labels.TABLE
  assert len(table.labels) == table.num_labels == 151
  assert [label.id for label in table.labels] == list(range(151))
  assert len({label.name for label in table.labels}) == 151
  assert len(table.evaluated) == 150 and len(table.things) == 100
  # Of instanceInfo100 and the table of ids beside it.
  things = {i: table.things[i - 1] for i in (1, 4, 58, 65, 75, 92, 100)}
  assert {i: (label.id, label.name) for i, label in things.items()} == {
    1: (8, 'bed'),
    4: (13, 'person'),
    58: (90, 'television receiver'),
    65: (103, 'van'),
    75: (119, 'oven'),
    92: (139, 'ashcan'),
    100: (150, 'flag'),
  }


def test_kitti_360_is_read_by_its_list(tmp_path):
  source = read(write_kitti360(tmp_path))
  assert source.image_ids == (
    '2013_05_28_drive_0000_sync_image_00_0000000250',
    '2013_05_28_drive_0002_sync_image_00_0000000250',
  )
  scene = source.read(1)
  assert (scene.image == 2).all()
  np.testing.assert_array_equal(scene.label_map, KITTI360_IDS // 1000)
  # What is no single object has its label alone.
  expected = np.where(KITTI360_IDS % 1000, KITTI360_IDS, KITTI360_IDS // 1000)
  np.testing.assert_array_equal(scene.instance_ids, expected)
  dense = instances.dense_instance_map(scene.instance_ids)
  assert dense.instance_ids == (11001, 11002, 26003, 38999)


def test_kitti_360_scores_the_classes_of_cityscapes():
  table = kitti360_labels.TABLE
  assert len(table.labels) == table.num_labels == 45
  assert [label.name for label in table.evaluated][::9] == [
    *('road', 'terrain', 'bicycle'),
  ]
  assert len(table.evaluated) == 19 and len(table.things) == 21


@pytest.mark.parametrize('writer', [write_ade20k, write_kitti360])
@pytest.mark.parametrize('geometry', ['resize', 'crop', 'pad'])
def test_scenes_have_the_size_that_is_asked_for(tmp_path, writer, geometry):
  scene = read(writer(tmp_path), size=(4, 4), geometry=geometry).read(0)
  assert scene.image.shape == (4, 4, 3)
  instances.check_labels_agree(scene.label_map, scene.instance_ids, geometry)


@pytest.mark.parametrize('writer', [write_ade20k, write_kitti360])
def test_objects_without_an_instance_map_are_unknown(tmp_path, writer):
  writer(tmp_path)
  first, second = sorted(
    path
    for path in tmp_path.rglob('*.png')
    if 'instance' in str(path.relative_to(tmp_path))
  )
  first.unlink()
  source = read(tmp_path)
  assert source.has_instance_map.tolist() == [False, True]
  assert source.read(0).instance_ids is None
  second.unlink()
  second.parent.rmdir()
  assert not read(tmp_path).has_instance_map.any()


@pytest.mark.parametrize('writer', [write_ade20k, write_kitti360])
def test_a_labels_json_may_have_fewer_things(tmp_path, writer):
  writer(tmp_path)
  ids = {0: 'other', 1: 'wall', 7: 'road', 11: 'building', 13: 'person'}
  rows = [{'id': i, 'name': name} for i, name in ids.items()]
  rows += [{'id': 26, 'name': 'car', 'has_instances': True}]
  rows += [{'id': 38, 'name': 'lamp'}]
  rows += [{'id': 21, 'name': 'a car', 'has_instances': True}]
  (tmp_path / 'labels.json').write_text(json.dumps({'labels': rows}))
  assert len(folder_reader.label_table(tmp_path).things) == 2
  source = photo_folder.PhotoFolder(tmp_path, 'train', size=None)
  dense = instances.dense_instance_map(source.read(0).instance_ids)
  assert dense.instance_ids in ((21003,), (26003,))


def ade20k(change):
  def changed(root):
    write_ade20k(root)
    change(root, 'training/ADE_00000001')

  return changed


@ade20k
def palette(root, name):
  path = root / f'annotations/{name}.png'
  Image.fromarray(ADE20K_MAP).convert('P').save(path)


@ade20k
def turned(root, name):
  exif = Image.Exif()
  exif[0x0112] = 6
  Image.new('RGB', (8, 6)).save(root / f'images/{name}.jpg', exif=exif)


@ade20k
def cmyk(root, name):
  Image.new('CMYK', (8, 6)).save(root / f'images/{name}.jpg')


@ade20k
def other_size(root, name):
  write(root / f'annotations_instance/{name}.png', ADE20K_COLORS[:, :7])


@ade20k
def gray_instances(root, name):
  write(root / f'annotations_instance/{name}.png', ADE20K_MAP)


@ade20k
def same_name(root, name):
  shutil.copy(root / f'annotations/{name}.png', root / f'images/{name}.png')


@ade20k
def no_photograph(root, name):
  (root / f'images/{name}.jpg').unlink()


@ade20k
def foreign_id(root, name):
  write(root / f'annotations/{name}.png', ADE20K_MAP + 150)


@ade20k
def foreign_class(root, name):
  write(root / f'annotations_instance/{name}.png', ADE20K_COLORS + 92)


def kitti360(change):
  def changed(root):
    write_kitti360(root)
    folder = root / 'data_2d_semantics/train/2013_05_28_drive_0000_sync'
    change(root / KITTI360_LIST.format('train'), folder / 'image_00')

  return changed


@kitti360
def one_path(frames, maps):
  frames.write_text('data_2d_raw/seq/image_00/data_rect/1.png\n')


@kitti360
def other_paths(frames, maps):
  frames.write_text(frames.read_text().replace('/semantic/', '/instance/'))


@kitti360
def empty_list(frames, maps):
  frames.write_text('\n')


@kitti360
def binary_list(frames, maps):
  frames.write_bytes(b'\xff\xfe\xff')


@kitti360
def twice(frames, maps):
  frames.write_text(frames.read_text() * 2)


@kitti360
def no_label_map(frames, maps):
  (maps / 'semantic/0000000250.png').unlink()


@kitti360
def colored_labels(frames, maps):
  write(maps / 'semantic/0000000250.png', np.zeros((6, 8, 3), np.uint8))


@kitti360
def other_instances(frames, maps):
  write(maps / 'instance/0000000250.png', KITTI360_IDS[::-1].copy())


@kitti360
def license_plates(frames, maps):
  write(maps / 'semantic/0000000250.png', np.full((6, 8), 255, np.uint8))


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (palette, r'annotations/.*1.png: the label map is stored as palette, exp'),
    (turned, r'images/.*1.jpg: the image is to be turned, by its EXIF'),
    (cmyk, r'images/.*1.jpg: the image is stored as CMYK, expected 8-bit RGB'),
    (other_size, r'Scene ADE_00000001: .* image 8x6, .*instance map 7x6'),
    (
      gray_instances,
      r'_instance/.*: the instance map in colors is stored as 8',
    ),
    (same_name, r'images/.*1.png: .*1.jpg has the same name\. Expected one'),
    (no_photograph, r'1 scenes have no photograph: ADE_00000001\. .*images/tr'),
    (one_path, r"frames.txt, line 1: is 'data_2d_raw.*, expected a photog"),
    (other_paths, r'frames.txt, line 1: is .*/instance/.*, expected a photogr'),
    (
      empty_list,
      r'train_frames.txt: has no frame\. Expected data_2d_semantics',
    ),
    (binary_list, r'train_frames.txt: cannot be read .*utf-8.* Expected data_'),
    (twice, r'train_frames.txt, line 3: has the scene 2013_.* again'),
    (no_label_map, r'semantic/0000000250.png: cannot be read .*No such file'),
    (
      colored_labels,
      r'semantic/0000000250.png: the label map is stored as RGB',
    ),
  ],
)
def test_what_cannot_be_used_is_refused_before_training(
  tmp_path, change, message
):
  change(tmp_path)
  with pytest.raises(InputError, match=message) as error:
    read(tmp_path)
  assert '\n' not in str(error.value)


@pytest.mark.parametrize(
  ('change', 'message'),
  [
    (foreign_id, r'annotations/.*: 47 pixels have label ids .*: 151, 163, 171'),
    (
      foreign_class,
      r'_instance/.*1.png: its red channel has 101, expected one',
    ),
    (other_instances, r'instance/0000000250.png: .* disagree in 34 of 48'),
    (
      license_plates,
      r'semantic/.*: 48 pixels have label ids .*255\. .*0\.\.44',
    ),
  ],
)
def test_wrong_values_are_refused_when_they_are_read(tmp_path, change, message):
  change(tmp_path)
  with pytest.raises(InputError, match=message) as error:
    read(tmp_path).read(0)
  assert '\n' not in str(error.value)


def test_a_split_that_is_not_there_is_named(tmp_path):
  write_ade20k(tmp_path / 'a')
  with pytest.raises(InputError, match='images/validation: there is no such f'):
    read(tmp_path / 'a', 'val')
  write_kitti360(tmp_path / 'k')
  with pytest.raises(
    InputError, match=r'val_frames.txt: cannot be read \(No s'
  ):
    read(tmp_path / 'k', 'val')


def test_a_folder_of_no_layout_is_refused(tmp_path):
  with pytest.raises(
    InputError, match=r'nor annotations/training \(ADE20K\) or .*frames\.txt'
  ):
    read(tmp_path)
