import re

import numpy as np
import pytest
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.evaluation import image_folder

SCENES = ('town_000001', 'town_000010')


def write(path, value=0, size=(6, 4), mode='RGB'):
  path.parent.mkdir(parents=True, exist_ok=True)
  Image.new(mode, size, value).save(path)


@pytest.fixture
def pictures(tmp_path):
  write(tmp_path / 'town_000001.png', (1, 2, 3))
  write(tmp_path / 'deep' / 'town_000010_leftImg8bit.png', (4, 5, 6))
  return tmp_path


def test_pictures_are_found_by_the_name_they_begin_with(pictures):
  found = image_folder.ImageFolder(pictures, SCENES)
  assert found.size == (4, 6)
  assert found.read('town_000001').shape == (4, 6, 3)
  np.testing.assert_array_equal(found.read('town_000010')[0, 0], [4, 5, 6])


def test_what_does_not_match_is_listed(pictures):
  write(pictures / 'town_0000100.png')  # Begins with a name, but no '_' after.
  with pytest.raises(InputError) as error:
    image_folder.ImageFolder(pictures, (*SCENES, 'town_000002'))
  message = str(error.value)
  assert '1 scenes have no picture: town_000002' in message
  assert '1 pictures belong to no scene: town_0000100.png' in message


def test_two_pictures_of_a_scene(pictures):
  write(pictures / 'town_000001_b.png')
  with pytest.raises(InputError, match='town_000001 has two pictures'):
    image_folder.ImageFolder(pictures, SCENES)


def test_different_sizes_are_named(pictures):
  write(pictures / 'town_000001.png', size=(8, 4))
  with pytest.raises(
    InputError, match='different sizes: 4x6 .*, 4x8 .*town_000001'
  ):
    image_folder.ImageFolder(pictures, SCENES)


def test_a_corrupt_png_is_named(pictures):
  path = pictures / 'town_000001.png'
  content = path.read_bytes()
  path.write_bytes(b'no picture')
  with pytest.raises(InputError, match=re.escape(f'{path} is no readable')):
    image_folder.ImageFolder(pictures, SCENES)
  path.write_bytes(content[:45])
  found = image_folder.ImageFolder(pictures, SCENES)
  with pytest.raises(
    InputError, match=re.escape(f'{path}: the picture is dam')
  ):
    found.read('town_000001')


def test_a_missing_folder(tmp_path):
  with pytest.raises(InputError, match='there is no such folder'):
    image_folder.ImageFolder(tmp_path / 'nothing', SCENES)


def test_gray_and_transparent_pictures_become_rgb(tmp_path):
  write(tmp_path / 'a.png', 7, mode='L')
  write(tmp_path / 'b.png', (1, 2, 3, 255), mode='RGBA')
  found = image_folder.ImageFolder(tmp_path, ('a', 'b'))
  np.testing.assert_array_equal(found.read('a')[0, 0], [7, 7, 7])
  np.testing.assert_array_equal(found.read('b')[0, 0], [1, 2, 3])
