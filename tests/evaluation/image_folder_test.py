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
def images(tmp_path):
  write(tmp_path / 'town_000001.png', (1, 2, 3))
  write(tmp_path / 'deep' / 'town_000010_leftImg8bit.png', (4, 5, 6))
  return tmp_path


def test_images_are_found_by_the_name_they_begin_with(images):
  found = image_folder.ImageFolder(images, SCENES)
  assert found.size == (4, 6)
  assert found.read('town_000001').shape == (4, 6, 3)
  np.testing.assert_array_equal(found.read('town_000010')[0, 0], [4, 5, 6])


def test_what_does_not_match_is_listed(images):
  write(images / 'town_0000100.png')  # Begins with a name, but no '_' after.
  with pytest.raises(InputError) as error:
    image_folder.ImageFolder(images, (*SCENES, 'town_000002'))
  message = str(error.value)
  assert '1 scenes have no image: town_000002' in message
  assert '1 images belong to no scene: town_0000100.png' in message


def test_two_images_of_a_scene(images):
  write(images / 'town_000001_b.png')
  with pytest.raises(InputError, match='town_000001 has two images'):
    image_folder.ImageFolder(images, SCENES)


def test_different_sizes_are_named(images):
  write(images / 'town_000001.png', size=(8, 4))
  with pytest.raises(
    InputError, match='different sizes: 4x6 .*, 4x8 .*town_000001'
  ):
    image_folder.ImageFolder(images, SCENES)


def test_a_corrupt_png_is_named(images):
  path = images / 'town_000001.png'
  content = path.read_bytes()
  path.write_bytes(b'no image')
  with pytest.raises(InputError, match=re.escape(f'{path} is no readable')):
    image_folder.ImageFolder(images, SCENES)
  path.write_bytes(content[:45])
  found = image_folder.ImageFolder(images, SCENES)
  with pytest.raises(InputError, match=re.escape(f'{path}: the image is dam')):
    found.read('town_000001')


def test_an_absurdly_large_image_is_named(images, monkeypatch):
  monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 3)
  with pytest.raises(
    InputError, match=r'png is no readable image \(it has more than 6'
  ):
    image_folder.ImageFolder(images, SCENES)


def test_a_missing_folder(tmp_path):
  with pytest.raises(InputError, match='there is no such folder'):
    image_folder.ImageFolder(tmp_path / 'nothing', SCENES)


def test_gray_and_transparent_images_become_rgb(tmp_path):
  write(tmp_path / 'a.png', 7, mode='L')
  write(tmp_path / 'b.png', (1, 2, 3, 255), mode='RGBA')
  found = image_folder.ImageFolder(tmp_path, ('a', 'b'))
  np.testing.assert_array_equal(found.read('a')[0, 0], [7, 7, 7])
  np.testing.assert_array_equal(found.read('b')[0, 0], [1, 2, 3])
