import numpy as np
import pytest

from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.evaluation import confusion


def test_counts_pixels_by_true_and_predicted_label():
  counted = confusion.Confusion(labels.TABLE)
  counted.update(np.array([[7, 7, 26]], np.uint8), np.array([[7, 8, 26]]))
  counted.update(np.array([[0], [7]]), np.array([[33], [8]], np.uint8))
  expected = np.zeros((34, 34))
  expected[7, 7] = 1
  expected[7, 8] = 2
  expected[26, 26] = 1
  expected[0, 33] = 1
  np.testing.assert_array_equal(counted.matrix, expected)
  assert counted.num_images == 2


def test_other_sizes_are_refused():
  counted = confusion.Confusion(labels.TABLE)
  with pytest.raises(InputError, match='Image a: .* 2 x 3 .* 3 x 2 .* resize'):
    counted.update(np.zeros((2, 3), int), np.zeros((3, 2), int), 'a')
  with pytest.raises(InputError, match='Image a, true .* is empty'):
    counted.update(np.zeros((0, 3), int), np.zeros((0, 3), int), 'a')


@pytest.mark.parametrize('value', [-1, 34, 255])
def test_ids_outside_of_the_table_are_refused(value):
  good, bad = np.array([[7, 7]]), np.array([[7, value]])
  counted = confusion.Confusion(labels.TABLE)
  counted.update(good, good)
  for maps, kind in (((bad, good), 'true'), ((good, bad), 'predicted')):
    match = f'Image number 1, {kind} label map: has ids .* ids 0 to 33'
    with pytest.raises(InputError, match=match):
      counted.update(*maps)
  assert counted.matrix.sum() == 2 and counted.num_images == 1
