"""Scenes written in each layout, read back by its reader."""

import json
import re

import numpy as np
import pytest

from data_pipeline import (
  atomic_file,
  batch,
  folder_layouts,
  folder_reader,
  image_file,
  labels,
  new_scenes,
  written_layouts,
)
from data_pipeline.ade20k import labels as ade20k_labels
from data_pipeline.cityscapes import folder as cityscapes_folder
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError
from data_pipeline.kitti360 import labels as kitti360_labels
from data_pipeline.kitti360 import written as kitti360_written
from data_pipeline.panoptic import folder as panoptic_folder
from data_pipeline.panoptic import layouts, written

NAME = 'aachen_000000_000019'
# Things, stuff, and what is not scored.
PANOPTIC_TABLE = labels.LabelTable(
  (
    labels.Label(0, 'void', labels.IGNORED, False, True, (0, 0, 0)),
    labels.Label(1, 'person', 0, True, False, (220, 20, 60)),
    labels.Label(200, 'rug', 1, False, False, (1, 2, 3)),
  ),
  201,
)
OF_PANOPTIC = {
  f'panoptic, {layout.name}': written.scene_layout_of(layout)
  for layout in layouts.ALL
}
ADE20K = written_layouts.of_files(folder_layouts.ADE20K)
CASES = {
  'own': (written_layouts.OWN, cityscapes_labels.TABLE),
  'own, high ids': (written_layouts.OWN, ade20k_labels.TABLE),
  'Cityscapes': (cityscapes_folder.LAYOUT, cityscapes_labels.TABLE),
  'ADE20K': (ADE20K, ade20k_labels.TABLE),
  'KITTI-360': (kitti360_written.LAYOUT, kitti360_labels.TABLE),
  **{name: (layout, PANOPTIC_TABLE) for name, layout in OF_PANOPTIC.items()},
}


def scene_of(table):
  """Two objects, a group of their class, stuff and the void."""
  thing = table.things[-1].id
  stuff = next(i.id for i in table.evaluated if not i.has_instances)
  void = next(i.id for i in table.labels if i.ignore_in_eval)
  ids = np.full((6, 8), stuff, np.int32)
  first = int(table is not PANOPTIC_TABLE)  # There, in their order.
  ids[1:3], ids[4, 2:] = thing * 1000 + first, thing * 1000 + first + 1
  ids[5, :4], ids[0, 0] = thing, void
  label_map = np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)
  image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
  return batch.Scene(image, label_map, ids)


def write(root, layout, table, names=(NAME,), *, split='val', **options):
  made = new_scenes.NewScenes(root, split, layout, table)
  scene = write_files(made, names, **options)
  made.write_index(names)
  return scene


def write_files(made, names, *, instance_ids=True):
  scene = scene_of(made.label_table)
  ids = scene.instance_ids if instance_ids else None
  made.write_maps(names, scene.label_map, ids)
  for name in names:
    image = made.image(name)
    image.parent.mkdir(parents=True, exist_ok=True)
    image.write_bytes(image_file.encode_png(scene.image))
  return scene


def read(root, layout, split='val'):
  if layout.source == 'panoptic':
    return panoptic_folder.PanopticFolder(root, split, size=None)
  return folder_reader.open_split(root, split, size=None, geometry='resize')


@pytest.mark.parametrize('name', CASES)
def test_what_is_written_is_read_in_place(tmp_path, name):
  layout, table = CASES[name]
  names = tuple(sorted(layout.variant_name(NAME, k) for k in (0, 1, 10)))
  scene = write(tmp_path, layout, table, names)
  source = read(tmp_path, layout)
  assert source.image_ids == names
  assert source.label_table == table
  assert source.layout.name == layout.name
  for index in range(3):
    for got, expected in zip(source.read(index), scene, strict=True):
      np.testing.assert_array_equal(got, expected)
  tops = {path.name for path in tmp_path.iterdir()} - {'labels.json'}
  assert tops - {'ade20k_panoptic_val.json'} == set(layout.folders('val'))


@pytest.mark.parametrize('name', ['own', 'Cityscapes', 'ADE20K', 'KITTI-360'])
def test_unknown_objects_have_no_instance_map(tmp_path, name):
  write(tmp_path, *CASES[name], instance_ids=False)
  source = read(tmp_path, CASES[name][0])
  assert not source.has_instance_map.any()
  assert source.read(0).instance_ids is None


def test_unknown_objects_are_crowds_in_the_panoptic_format(tmp_path):
  write(tmp_path, *CASES['panoptic, COCO'], instance_ids=False)
  scene = read(tmp_path, CASES['panoptic, COCO'][0]).read(0)
  np.testing.assert_array_equal(scene.instance_ids, scene.label_map)


def test_variants_of_cityscapes_have_the_parts_of_its_names(tmp_path):
  """CITY_SEQUENCE_FRAME, none of which begins as another one does."""
  layout = cityscapes_folder.LAYOUT
  names = [layout.variant_name(NAME, k) for k in range(12)]
  for name in names:
    assert re.fullmatch(r'aachen_[^_]+_[^_]+', name)
    assert [n for n in [NAME, *names] if n.startswith(name)] == [name]
  write(tmp_path, layout, cityscapes_labels.TABLE, names)
  below = tmp_path / 'gtFine' / 'val'
  assert len(list(below.glob('*/*_gtFine_instanceIds.png'))) == 12
  for path in below.glob('*/*_gtFine_labelIds.png'):
    photo = path.name.replace('_gtFine_labelIds', '_leftImg8bit')
    assert (tmp_path / 'leftImg8bit/val' / path.parent.name / photo).exists()


def test_the_json_has_the_fields_of_coco(tmp_path):
  scene = write(tmp_path, *CASES['panoptic, COCO'])
  content = json.loads(
    (tmp_path / 'annotations/panoptic_val2017.json').read_text()
  )
  assert content['images'] == [
    {'id': NAME, 'file_name': f'{NAME}.png', 'width': 8, 'height': 6}
  ]
  assert [each['name'] for each in content['categories']] == ['person', 'rug']
  (annotation,) = content['annotations']
  crowd, rug, *objects = annotation['segments_info']
  assert crowd == {
    'id': 1,
    'category_id': 1,
    'iscrowd': 1,
    'area': 4,
    'bbox': [0, 5, 4, 1],
  }
  assert rug['category_id'] == 200 and not rug['iscrowd']
  assert [each['bbox'] for each in objects] == [[0, 1, 8, 2], [2, 4, 6, 1]]
  total = sum(each['area'] for each in annotation['segments_info'])
  assert total == np.sum(scene.label_map > 0)


def test_the_json_lists_what_is_whole(tmp_path):
  layout, table = CASES['panoptic, COCO']
  write(tmp_path, layout, table, ('a', 'b', 'c'))
  (tmp_path / 'val2017/a.png').unlink()
  (tmp_path / 'annotations/panoptic_val2017/b.png').unlink()
  made = new_scenes.NewScenes(tmp_path, 'val', layout, table)
  made.write_index([])
  assert read(tmp_path, layout).image_ids == ('c',)
  damaged = tmp_path / 'annotations/panoptic_val2017/c.png'
  for content in (
    image_file.encode_png(scene_of(table).label_map),
    damaged.read_bytes()[:60],
  ):
    damaged.write_bytes(content)
    with pytest.raises(InputError, match=r'c\.png: cannot be read .* again'):
      made.write_index([])


def test_programs_side_by_side_list_all(tmp_path, monkeypatch):
  """Another one ends while the first one writes its JSON."""
  layout, table = CASES['panoptic, COCO']
  write(tmp_path, layout, table, ('a',))
  made = new_scenes.NewScenes(tmp_path, 'val', layout, table)
  write_text, others = atomic_file.write_text, ['b']

  def write_late(*arguments, **options):
    if others:
      write(tmp_path, layout, table, (others.pop(),))
    write_text(*arguments, **options)

  monkeypatch.setattr(atomic_file, 'write_text', write_late)
  made.write_index([])
  assert read(tmp_path, layout).image_ids == ('a', 'b')


def test_many_objects_of_ade20k_are_numbered_anew():
  label_map = np.full((20, 20), 13, np.uint8)
  ids = 13000 + np.arange(400).reshape(20, 20)
  encoding = folder_layouts.ADE20K.encoding
  colors = encoding.encode(label_map, ids)
  again = encoding.decode(label_map, colors, ade20k_labels.TABLE, 'x')
  np.testing.assert_array_equal(again.ravel()[:255], 13001 + np.arange(255))
  assert (again.ravel()[255:] == 13).all()


def test_objects_of_kitti_360_are_numbered_from_1():
  """0 is no object there; all others keep their numbers."""
  encoding = folder_layouts.KITTI360.encoding
  label_map = np.full((2, 3), 26, np.uint8)
  label_map[1] = 44, 7, 0
  for ids, expected in (
    ([26999, 26003, 26], [26999, 26003, 26]),
    ([26000, 26007, 26], [26001, 26002, 26]),
  ):
    scene_ids = np.array([ids, [44, 7, 0]], np.int32)
    instance_map = encoding.encode(label_map, scene_ids)
    assert instance_map.dtype == np.uint16
    assert instance_map[0, 2] == 26000
    assert instance_map[1].tolist() == [44000, 7000, 0]
    again = encoding.decode(label_map, instance_map, kitti360_labels.TABLE, 'x')
    assert again.tolist() == [expected, [44, 7, 0]]


def test_objects_of_kitti_360_beyond_its_numbers_are_groups():
  label_map = np.full((25, 40), 26, np.uint8)
  ids = 26000 + np.arange(1000, dtype=np.int32).reshape(25, 40)
  encoding = folder_layouts.KITTI360.encoding
  instance_map = encoding.encode(label_map, ids)
  again = encoding.decode(label_map, instance_map, kitti360_labels.TABLE, 'x')
  np.testing.assert_array_equal(again.ravel()[:999], 26001 + np.arange(999))
  assert again.ravel()[999] == 26


def test_labels_whose_ids_of_kitti_360_need_more_bits_stay_as_they_are():
  table = labels.LabelTable(
    tuple(
      labels.Label(i, f'class {i}', labels.IGNORED, i == 64, True, (0, 0, 0))
      for i in (64, 65, 66, 255)
    ),
    256,
  )
  label_map = np.array([[64, 65, 66, 255]], np.uint8)
  ids = np.array([[64535, 65, 66, 255]], np.int32)
  encoding = folder_layouts.KITTI360.encoding
  instance_map = encoding.encode(label_map, ids)
  assert instance_map.tolist() == ids.tolist()
  again = encoding.decode(label_map, instance_map, table, 'x')
  np.testing.assert_array_equal(again, ids)


@pytest.mark.parametrize('name', ['Cityscapes', 'ADE20K', 'KITTI-360'])
def test_classes_that_a_layout_cannot_number_are_refused(name):
  layout, table = CASES[name]
  layout.check_classes(table)
  more = labels.Label(200, 'cat', labels.IGNORED, True, True, (0, 0, 0))
  table = labels.LabelTable((*table.labels, more), 201)
  with pytest.raises(InputError, match=r"no instance ids .* 'cat' \(id 200\)"):
    layout.check_classes(table)
