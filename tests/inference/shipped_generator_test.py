"""The generator that ships: small, and of real looks."""

import pathlib

import numpy as np
import pytest
from PIL import Image

from data_pipeline import image_file
from instgan_jax.inference import Sampler, shipped_generator
from tests import programs

MODULE = 'instgan_jax.generate'
LEAST_AREA = 200  # Pixels.


def test_it_takes_less_than_eight_megabytes():
  files = list(pathlib.Path(shipped_generator.FOLDER).iterdir())
  assert sum(file.stat().st_size for file in files) < 8e6


def test_it_says_what_it_was_trained_on():
  said = shipped_generator.describe()
  assert 'L+I+P, trained on procedural toy streets of 128x256' in said


def test_a_folder_is_compared_by_what_it_is(tmp_path):
  link = tmp_path / 'link'
  link.symlink_to(shipped_generator.FOLDER)
  assert shipped_generator.is_it(str(link))
  assert not shipped_generator.is_it(str(tmp_path))


@pytest.mark.slow
def test_it_is_an_average_and_has_an_encoder():
  sampler = Sampler.shipped()
  assert sampler.uses_ema and sampler.step > 0
  assert sampler.encoder is not None and sampler.image_size == (128, 256)


@pytest.mark.slow
def test_reconstructed_instances_have_the_colors_of_the_photograph(tmp_path):
  """Far more nearly than those of a seed."""
  _, said = programs.run(MODULE, '--output_dir=seed', cwd=tmp_path)
  assert 'The generator that ships with instgan_jax' in said
  maps, photos = (
    tmp_path / 'seed' / 'toy_streets' / folder / 'val'
    for folder in ('gtFine', 'leftImg8bit')
  )
  programs.run(
    MODULE,
    *('--label_dir', maps, '--instance_dir', maps, '--style_from', photos),
    '--output_dir=photo',
    cwd=tmp_path,
  )
  of_seed, of_photo = (
    [
      error
      for photo in sorted(photos.rglob('*.png'))
      for error in color_errors(tmp_path / folder, photo)
    ]
    for folder in ('seed', 'photo')
  )
  assert len(of_seed) > 10
  assert np.mean(of_photo) < 0.5 * np.mean(of_seed)


def color_errors(folder, photo):
  """How far the mean colors of the larger instances are from the photo's."""
  name = photo.name.removesuffix('_leftImg8bit.png')
  ids = photo.with_name(f'{name}_gtFine_instanceIds.png')
  ids = str(ids).replace('leftImg8bit', 'gtFine')
  ids = image_file.read_map(ids, 'instance map')
  image, photo = (
    np.asarray(Image.open(path), float)
    for path in (folder / f'{name}.png', photo)
  )
  areas = np.bincount(ids.ravel())
  return [
    np.abs((image - photo)[ids == i].mean(axis=0)).mean()
    for i in np.flatnonzero(areas >= LEAST_AREA)
    if i >= 1000
  ]
