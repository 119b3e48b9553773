"""Scenes of folders: their names, what belongs together, what is missing."""

import re

import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import map_folder


def touch(root, *names):
  for name in names:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).touch()
  return root


def names(scenes):
  return [scene.name for scene in scenes]


def test_cityscapes_folders_are_searched_recursively(tmp_path):
  root = touch(
    tmp_path,
    'ulm/ulm_1_gtFine_labelIds.png',
    'ulm/ulm_1_gtFine_instanceIds.png',
    'ulm/ulm_1_gtFine_color.png',
    'ulm/ulm_1_gtFine_polygons.json',
    'bonn/bonn_2_gtFine_labelIds.png',
    'bonn/bonn_2_gtFine_instanceIds.png',
  )
  scenes = map_folder.find(root, root)
  assert scenes == (
    map_folder.SceneFiles(
      'bonn_2',
      root / 'bonn/bonn_2_gtFine_labelIds.png',
      root / 'bonn/bonn_2_gtFine_instanceIds.png',
    ),
    map_folder.SceneFiles(
      'ulm_1',
      root / 'ulm/ulm_1_gtFine_labelIds.png',
      root / 'ulm/ulm_1_gtFine_instanceIds.png',
    ),
  )
  assert names(map_folder.find(root, root, ['ulm_1', 'ulm_1'])) == ['ulm_1']
  assert map_folder.find(root, None)[0].instance_map is None


@pytest.mark.parametrize(
  'endings',
  [
    ('.png', '.png'),
    ('_labelIds.png', '_instanceIds.png'),
    ('_gtCoarse_labelIds.png', '_gtCoarse_instanceIds.png'),
    ('.png', '_gtFine_instanceIds.png'),
    ('.PNG', '.png'),
  ],
)
def test_any_usual_naming_will_do(tmp_path, endings):
  labels = touch(tmp_path / 'a', f'b{endings[0]}', f'deep/c{endings[0]}')
  instances = touch(
    tmp_path / 'i', f'b{endings[1]}', f'c{endings[1]}', f'other{endings[1]}'
  )
  assert names(map_folder.find(labels, instances)) == ['b', 'c']


def test_linked_folders_are_searched_and_folders_are_no_maps(tmp_path):
  touch(tmp_path / 'far', 'a.png')
  labels = touch(tmp_path / 'labels', 'b.png', 'c.png/readme')
  (labels / 'link').symlink_to(tmp_path / 'far')
  assert names(map_folder.find(labels, None)) == ['a', 'b']


def test_two_files_belong_together_whatever_they_are_called(tmp_path):
  touch(tmp_path, 'street.png', 'objects.png', 'a_labelIds.png')
  scenes = map_folder.find(tmp_path / 'street.png', tmp_path / 'objects.png')
  assert names(scenes) == ['street']
  assert scenes[0].instance_map == tmp_path / 'objects.png'
  assert names(map_folder.find(tmp_path / 'a_labelIds.png', None)) == ['a']


@pytest.mark.parametrize(
  ('labels', 'instances', 'chosen', 'message'),
  [
    ('nowhere', 'i', (), 'nowhere: there is no such file or folder of label'),
    (
      'l',
      'nowhere',
      (),
      'nowhere: there is no such file or folder of instance',
    ),
    ('empty', 'i', (), 'empty: there is no label map'),
    ('l', 'i', (), '1 of 2 scenes have no instance map in .*: b. Expected'),
    ('l', 'i', ('x', 'a'), r'has no scene x; it has a, b'),
    ('twice', 'i', (), 'two label maps are of the scene a'),
  ],
)
def test_what_is_missing_or_ambiguous_is_named(
  tmp_path, labels, instances, chosen, message
):
  touch(tmp_path, 'l/a.png', 'l/b.png', 'i/a.png', 'i/z.png', 'empty/a.txt')
  touch(tmp_path, 'twice/x/a.png', 'twice/y/a.png')
  with pytest.raises(InputError) as error:
    map_folder.find(tmp_path / labels, tmp_path / instances, chosen)
  assert re.search(message, str(error.value))


@pytest.mark.parametrize(
  ('path', 'name'),
  [
    ('val/ulm/ulm_1_gtFine_labelIds.png', 'ulm_1'),
    ('ulm_1_gtCoarse_labelIds.png', 'ulm_1'),
    ('street_labelIds.png', 'street'),
    ('street.png', 'street'),
    ('_labelIds.png', '_labelIds'),
  ],
)
def test_a_scene_is_called_as_its_label_map(path, name):
  assert map_folder.scene_name(path) == name
