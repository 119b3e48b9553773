"""Objects that were found against those that there are."""

import numpy as np
import pytest

from instgan_jax.evaluation import instance_quality

TRUE = np.array([[26001, 26001, 26001, 26002, 26002, 24000, 24000, 23, 26]])


def quality(found, true=TRUE):
  result = instance_quality.InstanceQuality()
  result.update(np.asarray(found), true)
  return result


def test_the_same_map_under_other_numbers_is_perfect():
  other = np.where(TRUE >= 1000, TRUE // 1000 * 1000 + 9 - TRUE % 1000, TRUE)
  result = quality(other)
  assert (result.num_true, result.num_found, result.num_matched) == (3, 3, 3)
  assert result.precision == result.recall == result.panoptic_quality == 1.0


def test_quality_by_hand():
  # Both cars are one: IoU 3/5 with the first. The person is split: 1/2 is not
  # above one half. The group counts for nothing.
  found = [[26000, 26000, 26000, 26000, 26000, 24001, 24002, 23, 26005]]
  result = quality(found)
  assert (result.num_true, result.num_found, result.num_matched) == (3, 3, 1)
  assert result.precision == pytest.approx(1 / 3)
  assert result.recall == pytest.approx(1 / 3)
  assert result.panoptic_quality == pytest.approx(0.6 / 3)


def test_small_objects_can_be_left_out():
  # The car of three pixels is found, that of two is not; of the person, which
  # is small, and of one wrong pixel nothing counts.
  found = [[26001, 26001, 26001, 26004, 23, 24000, 24000, 23, 26]]
  result = instance_quality.InstanceQuality(min_pixels=3)
  result.update(np.array(found), TRUE)
  assert (result.num_true, result.num_found, result.num_matched) == (1, 1, 1)
  # A wrong object that is large does.
  result.update(np.full_like(TRUE, 25000), TRUE)
  assert (result.num_true, result.num_found, result.num_matched) == (2, 2, 1)


def test_nothing_found_and_nothing_there():
  nothing = np.where(TRUE >= 1000, TRUE // 1000, TRUE)
  assert quality(nothing).recall == quality(TRUE, nothing).precision == 0.0
  assert quality(nothing, nothing).panoptic_quality == 0.0


def test_scenes_add_up():
  result = quality(TRUE)
  result.update(np.full_like(TRUE, 23), TRUE)
  assert result.recall == 0.5 and result.precision == 1.0
