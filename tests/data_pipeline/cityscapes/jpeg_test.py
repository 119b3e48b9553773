"""Photographs that are JPEGs, in a folder in the layout of Cityscapes."""

import re

import numpy as np
import pytest
from PIL import Image

from data_pipeline.cityscapes import folder
from data_pipeline.errors import InputError


@pytest.fixture
def photo(tmp_path, make_scenes, write_folder):
  """The photograph of the first of two scenes, which has become a JPEG."""
  write_folder(tmp_path, 'train', make_scenes(2, height=8, width=16))
  png = tmp_path / 'leftImg8bit' / 'train' / 'z' / 'town_000000_leftImg8bit.png'
  photo = png.with_suffix('.jpg')
  with Image.open(png) as image:
    image.save(photo)
  png.unlink()
  return photo


def read_folder(photo):
  return folder.CityscapesFolder(photo.parents[3], 'train', size=None)


def assert_refused(photo, message):
  with pytest.raises(InputError, match=f'^{re.escape(str(photo))}: {message}'):
    read_folder(photo)


@pytest.mark.parametrize('extension', ['.jpg', '.jpeg'])
def test_scenes_with_and_without_jpegs_are_read(photo, extension):
  photo = photo.rename(photo.with_suffix(extension))
  source = read_folder(photo)
  assert source.image_ids == ('town_000000', 'town_000001')
  with Image.open(photo) as image:
    np.testing.assert_array_equal(source.read(0).image, np.asarray(image))


def test_two_photographs_of_one_scene_are_refused(photo):
  Image.new('RGB', (16, 8)).save(photo.with_suffix('.png'))
  assert_refused(photo, r'the scene has .*\.png as well')


@pytest.mark.parametrize(
  ('mode', 'name'), [('L', '8-bit grayscale'), ('CMYK', 'CMYK')]
)
def test_other_colors_than_rgb_are_refused(photo, mode, name):
  Image.new(mode, (16, 8)).save(photo)
  assert_refused(photo, f'the image is stored as {name}, expected 8-bit RGB')


def test_a_photograph_that_is_to_be_turned_is_refused(photo):
  exif = Image.Exif()
  exif[0x0112] = 1  # Upright.
  image = Image.new('RGB', (16, 8))
  image.save(photo, exif=exif)
  read_folder(photo)
  exif[0x0112] = 6  # To be turned clockwise by 90 degrees.
  image.save(photo, exif=exif)
  assert_refused(photo, 'the image is to be turned, .* Expected it upright')


def test_a_jpeg_that_is_cut_off_is_refused(photo):
  photo.write_bytes(photo.read_bytes()[:-2])
  assert_refused(photo, r'cannot be read \(the file is cut off.* JPEG file')


def test_a_png_by_the_name_of_a_jpeg_is_refused(photo):
  Image.new('RGB', (16, 8)).save(photo, 'PNG')
  assert_refused(photo, r'cannot be read \(it has no JPEG header')


def test_a_map_that_is_a_jpeg_is_refused(photo):
  folder = photo.parents[3] / 'gtFine' / 'train' / 'z'
  path = folder / 'town_000000_gtFine_labelIds.png'
  Image.new('L', (16, 8)).save(path, 'JPEG')
  with pytest.raises(InputError, match='it is a JPEG, which changes colors'):
    read_folder(photo)
  path.rename(path.with_suffix('.jpg'))
  with pytest.raises(InputError, match='1 of 2 scenes have no label map'):
    read_folder(photo)
