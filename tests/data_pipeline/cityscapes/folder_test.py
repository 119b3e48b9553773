import json
import re
import shutil

import numpy as np
import pytest
from PIL import Image

from data_pipeline import image_file, unknown_instances
from data_pipeline.cityscapes import file_names, folder
from data_pipeline.errors import InputError

NAME = 'town_000001'


@pytest.fixture
def root(tmp_path, make_scenes, write_folder):
  return write_folder(tmp_path, 'train', make_scenes(4, height=8, width=16))


def path_of(root, kind, name=NAME):
  kind = file_names.KINDS[kind]
  return root / kind.folder / 'train' / 'z' / f'{name}{kind.ending}'


def read_folder(root, **settings):
  return folder.CityscapesFolder(root, 'train', **({'size': None} | settings))


def assert_refused(root, message):
  with pytest.raises(InputError, match=message):
    read_folder(root)


def test_scenes_come_in_the_order_of_their_names(root, make_scenes):
  written = make_scenes(4, height=8, width=16)
  source = read_folder(root)
  assert source.image_ids == written.image_ids
  assert len(source) == 4
  for index in range(4):
    for got, expected in zip(
      source.read(index), written.read(index), strict=True
    ):
      assert got.dtype == expected.dtype
      np.testing.assert_array_equal(got, expected)


def test_ids_above_15_bits_survive(root):
  assert 33007 in read_folder(root).read(1).instance_ids
  assert 33007 in read_folder(root, size=(4, 8)).read(1).instance_ids


def test_a_labels_json_may_have_fewer_things(root):
  rows = [{'id': 23, 'name': 'sky'}, {'id': 26, 'name': 'car'}]
  rows.append({'id': 33, 'name': 'bicycle', 'has_instances': True})
  (root / 'labels.json').write_text(json.dumps({'labels': rows}))
  ids = read_folder(root).read(1).instance_ids
  assert np.unique(ids).tolist() == [23, 26, 33007]


def test_images_are_bicubic_and_maps_nearest(root):
  scene = read_folder(root).read(1)
  small = read_folder(root, size=(4, 4)).read(1)
  # The center of each block of 2 x 4 pixels.
  np.testing.assert_array_equal(small.label_map, scene.label_map[1::2, 2::4])
  np.testing.assert_array_equal(
    small.instance_ids, scene.instance_ids[1::2, 2::4]
  )
  expected = Image.fromarray(scene.image).resize((4, 4), Image.BICUBIC)
  np.testing.assert_array_equal(small.image, np.asarray(expected))


def test_other_files_are_ignored(root):
  for ending in ('_gtFine_color.png', '_gtFine_polygons.json'):
    (root / 'gtFine' / 'train' / 'z' / f'{NAME}{ending}').write_text('x')
  (root / 'README').write_text('x')
  assert len(read_folder(root)) == 4


def test_missing_root_is_named(root):
  assert_refused(root / 'absent', 'absent: there is no such folder. Expected')


def test_missing_kind_of_folder_is_named(root):
  shutil.rmtree(root / 'gtFine')
  assert_refused(root, 'has no folder gtFine. Expected .*gtFine/train/CITY')


def test_missing_split_names_those_that_exist(root):
  with pytest.raises(
    InputError, match="leftImg8bit: has no split 'val', only train"
  ):
    folder.CityscapesFolder(root, 'val', size=None)


def test_empty_split_is_refused(root):
  shutil.rmtree(root / 'gtFine' / 'train' / 'z')
  shutil.rmtree(root / 'gtFine' / 'train' / 'a')
  assert_refused(root, r'there is no label map, expected gtFine/SPLIT/CITY/NA')


@pytest.mark.parametrize('kind', ['image', 'label map'])
def test_scenes_without_one_kind_of_file_are_counted_and_named(root, kind):
  path_of(root, kind).unlink()
  path_of(root, kind, 'town_000002').unlink()
  assert_refused(
    root,
    f'2 of 4 scenes have no {kind} .*: z/town_000001, z/town_000002.*'
    'add what is missing, or remove',
  )


def test_objects_of_scenes_without_an_instance_map_are_unknown(root):
  path_of(root, 'instance map').unlink()
  source = read_folder(root, size=(4, 8))
  assert source.has_instance_map.tolist() == [True, False, True, True]
  assert source.read(1).instance_ids is None
  assert source.read(2).instance_ids is not None
  assert unknown_instances.summary(source).startswith('3 of 4 scenes have an ')


def test_all_instance_maps_may_be_missing(root):
  for path in root.glob('gtFine/train/*/*_instanceIds.png'):
    path.unlink()
  source = read_folder(root)
  assert not source.has_instance_map.any()
  assert unknown_instances.summary(source).startswith('0 of 4 scenes have an ')


def test_an_instance_map_of_no_scene_is_refused(root):
  path = path_of(root, 'instance map')
  path.rename(path.with_name(path.name.replace('town_000001', 'town_1')))
  assert_refused(root, '1 of 5 scenes have no image .*: z/town_1. ')


def test_of_many_scenes_without_a_file_a_few_are_named(
  tmp_path, make_scenes, write_folder
):
  root = write_folder(tmp_path, 'train', make_scenes(9))
  for path in (root / 'gtFine/train/z').glob('*_labelIds.png'):
    path.unlink()
  assert_refused(
    root, '8 of 9 scenes have no label map .*z/town_000004, and 3 more'
  )


def test_scenes_of_one_name_in_two_cities_are_refused(root):
  for top in ('leftImg8bit', 'gtFine'):
    shutil.copytree(root / top / 'train' / 'z', root / top / 'train' / 'y')
  assert_refused(root, '3 scenes have the name of .* another city: town_000000')


@pytest.mark.parametrize(
  'kind, mode, message',
  [
    ('label map', 'P', 'the label map is stored as palette, .*labelIds.png'),
    ('label map', 'RGB', 'the label map is stored as RGB, .*not .*_color.png'),
    ('label map', '1', 'the label map is stored as 1-bit, '),
    ('instance map', 'L', '.* as 8-bit grayscale, expected 16-bit .* 26003 do'),
    (
      'image',
      'L',
      'the image is stored as 8-bit grayscale, expected 8-bit RGB',
    ),
    (
      'image',
      'RGBA',
      'the image is stored as RGB with alpha, expected 8-bit RGB',
    ),
  ],
)
def test_other_kinds_of_png_are_refused(root, kind, mode, message):
  path = path_of(root, kind)
  Image.new(mode, (16, 8)).save(path)
  assert_refused(root, f'{re.escape(str(path))}: {message}')


@pytest.mark.parametrize('kind', file_names.KINDS)
def test_sizes_that_differ_in_a_scene_are_refused(root, kind):
  mode = {'image': 'RGB', 'label map': 'L', 'instance map': 'I;16'}[kind]
  Image.new(mode, (16, 9)).save(path_of(root, kind))
  assert_refused(root, rf'Scene {NAME}: sizes .* differ: .*{kind} 16x9.*one si')


@pytest.mark.parametrize('content', [b'', b'GIF89a', b'\x89PNG\r\n\x1a\n'])
def test_files_that_are_no_png_are_refused(root, content):
  path = path_of(root, 'image')
  path.write_bytes(content)
  assert_refused(root, f'{path}: cannot be read .it has no PNG header.* again')


def test_absurdly_large_files_are_refused(root, monkeypatch):
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 3)
  assert_refused(root, r'\.png.*more than 6 pixels')


def test_files_that_cannot_be_opened_are_refused(root):
  path = path_of(root, 'image')
  path.unlink()
  path.mkdir()
  assert_refused(root, f'{path}: cannot be read .*Is a directory')


@pytest.mark.parametrize('kind', file_names.KINDS)
def test_files_that_are_cut_off_are_refused_before_any_is_decoded(root, kind):
  path = path_of(root, kind)
  path.write_bytes(path.read_bytes()[:-14])
  assert_refused(root, f'{path}: cannot be read .the file is cut off')


def test_all_problems_are_counted_and_some_are_shown(root):
  for name in ('town_000000', 'town_000001', 'town_000002'):
    Image.new('L', (16, 8)).save(path_of(root, 'instance map', name))
  with pytest.raises(InputError) as error:
    read_folder(root)
  lines = str(error.value).splitlines()
  assert lines[0] == '3 of 4 scenes cannot be used:'
  assert [
    name in line
    for name, line in zip(
      ('town_000000', 'town_000001', 'town_000002'), lines[1:], strict=True
    )
  ] == [True] * 3


def assert_refused_when_read(root, message):
  source = read_folder(root)
  source.read(0)
  with pytest.raises(InputError, match=message):
    source.read(1)


def test_damaged_pixels_are_refused_when_read(root):
  path = path_of(root, 'label map')
  content = bytearray(path.read_bytes())
  start = content.index(b'IDAT') + 4
  content[start : start + 8] = b'\0' * 8
  path.write_bytes(content)
  assert_refused_when_read(root, f'{path}: cannot be read')


def test_label_ids_outside_the_table_are_refused_when_read(root, make_scenes):
  labels = make_scenes(4, height=8, width=16).read(1).label_map
  labels[0, :2] = 34, 255
  path = path_of(root, 'label map')
  path.write_bytes(image_file.encode_png(labels))
  assert_refused_when_read(
    root, rf'{path}: 2 pixels have label ids .*: 34, 255\. .* 0\.\.33'
  )


def test_maps_that_disagree_are_refused_when_read(root, make_scenes):
  labels = make_scenes(4, height=8, width=16).read(1).label_map
  labels[0, 3] = 11
  path_of(root, 'label map').write_bytes(image_file.encode_png(labels))
  assert_refused_when_read(
    root,
    f'{path_of(root, "instance map")}: .* disagree in 1 of 128 pixels; at row'
    ' 0, column 3 the instance id is 23, the label 11',
  )
