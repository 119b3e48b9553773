"""The images of a study are of the same scenes and of one size."""

import pytest

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import image_sets
from tests.apps.human_study import studies


def test_images_of_two_sizes_are_brought_to_one(tmp_path):
  real, generated = (
    studies.write_sets(tmp_path / name, num_scenes=3, names=(name,), size=size)
    for name, size in (('real', (48, 24)), ('a', (96, 48)))
  )
  with pytest.raises(InputError, match='bring all to one with --image_size 24'):
    image_sets.read(real + generated)
  sets = image_sets.read(real + generated, (12, 24))
  for each in sets:
    for image in each.images.values():
      assert image.size == (24, 12)
      assert image_sets.load(each.folder, image).size == (24, 12)


def test_images_of_two_shapes_are_refused(tmp_path):
  sets = [
    *studies.write_sets(tmp_path / 'x', num_scenes=3, names=('real',)),
    *studies.write_sets(
      tmp_path / 'y', num_scenes=3, names=('a',), size=(40, 24)
    ),
  ]
  with pytest.raises(InputError, match='is 40x24 pixels, of another shape'):
    image_sets.read(sets, (24, 48))
