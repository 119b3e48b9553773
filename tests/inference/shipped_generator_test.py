"""The generator that ships: small, and of real looks."""

import pathlib

import pytest

from instgan_jax.inference import Sampler, shipped_generator



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
