import numpy as np

from data_pipeline import batch, example


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


def test_flipping_twice_changes_nothing(make_scenes):
  scene = make_scenes(3).read(2)
  twice = example.flip_horizontally(example.flip_horizontally(scene))
  for array, same in zip(scene, twice, strict=True):
    np.testing.assert_array_equal(array, same)


def test_example_has_the_scene_with_dense_ids(make_scenes):
  scene = make_scenes(3).read(2)
  got = example.read_example(make_scenes(3), 2, position=2**32 - 1)
  np.testing.assert_array_equal(got[batch.IMAGE], scene.image)
  np.testing.assert_array_equal(got[batch.LABEL_MAP], scene.label_map)
  # Car 26002, then bicycle 33007.
  dense = np.select(
    [scene.instance_ids == 26002, scene.instance_ids == 33007], [1, 2]
  )
  np.testing.assert_array_equal(got[batch.INSTANCE_MAP], dense)
  assert got[batch.POSITION] == 2**32 - 1
  assert got[batch.NUM_DROPPED_INSTANCES] == 0


def test_flipped_example_is_the_mirror_of_the_plain_one(make_scenes):
  plain = example.read_example(make_scenes(3), 2, position=5)
  flipped = example.read_example(make_scenes(3), 2, position=5, flip=True)
  for key in (batch.IMAGE, batch.LABEL_MAP, batch.INSTANCE_MAP):
    np.testing.assert_array_equal(flipped[key], plain[key][:, ::-1])
  assert flipped[batch.POSITION] == plain[batch.POSITION] == 5


def test_examples_are_stacked_in_order(make_scenes):
  source = make_scenes(3)
  examples = [
    example.read_example(source, index, position=10 + index)
    for index in (2, 0, 1)
  ]
  stacked = example.stack_examples(examples)
  np.testing.assert_array_equal(stacked[batch.POSITION], [12, 10, 11])
  for key, rows in stacked.items():
    for row, one in zip(rows, examples, strict=True):
      np.testing.assert_array_equal(row, one[key], err_msg=key)
