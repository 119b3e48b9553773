import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import scene_maps, style_space, styles

ZEROS = np.zeros((8, 8), np.uint8)
SCENE = scene_maps.SceneMaps(ZEROS, ZEROS, (24001, 26000), (8, 8), 'ulm')


@pytest.mark.parametrize(
  ('dims', 'ids'),
  [
    ((4, 0), (24001, 26000)),
    ((4, 3), (styles.WHOLE_IMAGE, 24001, 26000)),
    ((0, 3), (styles.WHOLE_IMAGE,)),
    ((0, 0), ()),
  ],
)
def test_instances_and_the_whole_image_have_styles_where_they_have_a_size(
  dims, ids
):
  space = style_space.StyleSpace(*dims)
  assert space.ids(SCENE) == ids
  sampled = {i: space.sample(i, 7, SCENE.name) for i in ids}
  for i, style in sampled.items():
    dim = dims[1] if i == styles.WHOLE_IMAGE else dims[0]
    np.testing.assert_array_equal(style, styles.sample(7, 'ulm', i, dim))
  space.check_complete(SCENE, sampled)


def test_styles_of_another_size_or_beyond_all_samples_are_refused():
  space = style_space.StyleSpace(instance_dim=4, image_dim=3)
  space.check(26000, np.full(4, styles.LIMIT))
  for style, message in (
    (np.zeros(3), r'style of 26000 is of shape \(3,\), expected \(4,\)'),
    (np.full(4, 2 * styles.LIMIT), 'has 2e.03, expected numbers like'),
    (np.array([0, np.nan, 0, 0]), 'has nan, expected numbers like'),
  ):
    with pytest.raises(InputError, match=message):
      space.check(26000, style)


def test_a_scene_needs_the_styles_of_its_own_instances_alone():
  space = style_space.StyleSpace(instance_dim=4, image_dim=0)
  given = dict.fromkeys(SCENE.instance_ids, np.zeros(4))
  with pytest.raises(InputError, match='no instance 7 here. Present are: 2400'):
    space.check_complete(SCENE, {**given, 7: np.zeros(4)})
  del given[26000]
  with pytest.raises(InputError, match='instance 26000 has no style'):
    space.check_complete(SCENE, given)
