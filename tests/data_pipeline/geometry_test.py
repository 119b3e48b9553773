"""Sizes and aspects of scenes."""

import numpy as np
import pytest

from data_pipeline import batch, geometry


def scene(height, width):
  """Every pixel differs; image, labels and instances show the same."""
  ids = np.arange(height * width).reshape(height, width)
  return batch.Scene(
    np.repeat(ids[..., None], 3, -1).astype(np.uint8),
    ids.astype(np.uint8),
    (ids + 1000).astype(np.int32),
  )


def test_crop_keeps_the_middle_of_a_scene_of_another_aspect():
  wide = scene(4, 10)
  cropped = geometry.fit(wide, (4, 4), 'crop', 0)
  # 6 columns are left over: 3 on each side.
  np.testing.assert_array_equal(cropped.label_map, wide.label_map[:, 3:7])
  np.testing.assert_array_equal(cropped.image, wide.image[:, 3:7])
  np.testing.assert_array_equal(cropped.instance_ids, wide.instance_ids[:, 3:7])


def test_pad_keeps_all_and_adds_a_border_without_a_label():
  wide = scene(2, 6)
  padded = geometry.fit(wide, (6, 6), 'pad', 255)
  np.testing.assert_array_equal(padded.label_map[2:4], wide.label_map)
  border = np.delete(padded.label_map, [2, 3], axis=0)
  assert (border == 255).all()
  assert (np.delete(padded.instance_ids, [2, 3], axis=0) == 255).all()
  assert not np.delete(padded.image, [2, 3], axis=0).any()


@pytest.mark.parametrize('kind', geometry.KINDS)
@pytest.mark.parametrize('size', [(8, 16), (5, 3), (7, 7), (1, 1)])
def test_every_kind_gives_the_size(kind, size):
  fitted = geometry.fit(scene(6, 9), size, kind, 0)
  assert fitted.image.shape == (*size, 3)
  assert fitted.label_map.shape == fitted.instance_ids.shape == size
  # Ids stay ids: the label is that of the instance, on every pixel inside.
  inside = fitted.instance_ids >= 1000
  np.testing.assert_array_equal(
    fitted.label_map[inside], fitted.instance_ids[inside] - 1000
  )


def test_a_random_crop_reaches_every_position_and_no_other():
  whole = scene(5, 6)
  corners = {
    int(geometry.crop_scene(whole, (3, 4), position).label_map[0, 0])
    for position in np.random.default_rng(0).random((200, 2))
  }
  assert corners == {6 * top + left for top in range(3) for left in range(3)}
  last = geometry.crop_scene(whole, (3, 4), (1.0, 1.0))
  np.testing.assert_array_equal(last.label_map, whole.label_map[2:, 2:])
