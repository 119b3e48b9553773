import numpy as np

from data_pipeline import example


def test_columns_of_every_array_are_reversed_together(make_scenes):
  scene = make_scenes(3).read(2)
  flipped = example.flip_horizontally(scene)
  for array, mirrored in zip(scene, flipped, strict=True):
    width = array.shape[1]
    for column in range(width):
      np.testing.assert_array_equal(
        mirrored[:, column], array[:, width - 1 - column]
      )
    assert mirrored.dtype == array.dtype
    assert (mirrored != array).any()


def test_image_and_maps_stay_aligned(make_scenes):
  scene = example.flip_horizontally(make_scenes(3).read(2))
  ids = scene.instance_ids
  np.testing.assert_array_equal(scene.image[..., 0], scene.label_map)
  np.testing.assert_array_equal(
    np.where(ids >= 1000, ids // 1000, ids), scene.label_map
  )


def test_twice_is_nothing(make_scenes):
  scene = make_scenes(3).read(2)
  twice = example.flip_horizontally(example.flip_horizontally(scene))
  for array, same in zip(scene, twice, strict=True):
    np.testing.assert_array_equal(array, same)


def test_absent_image_stays_absent(make_scenes):
  scene = make_scenes(3).read(2)._replace(image=None)
  assert example.flip_horizontally(scene).image is None
