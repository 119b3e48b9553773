import numpy as np
import pytest

from instgan_jax.evaluation import micv

CAR = 26


def scene(colors, instance_ids, label=CAR):
  """A row of pixels: their RGB, their dense instance, one label."""
  return (
    np.array([colors], np.uint8),
    np.full((1, len(colors)), label),
    np.array([instance_ids]),
  )


def test_deviation_of_the_mean_colours_over_instances():
  # Instance 1: mean (0, 51, 255); instance 2: mean (102, 51, 0) / 255.
  # Deviations .2, 0, .5 (half the difference of two), mean .7 / 3.
  image = scene(
    [(0, 0, 255), (0, 102, 255), (102, 51, 0), (9, 9, 9)], [1, 1, 2, 0]
  )
  value, count = micv.instance_color_variation(*image, CAR)
  assert count == 2
  assert value == pytest.approx(0.7 / 3)


def test_pixels_weigh_inside_an_instance_but_instances_count_alike():
  # Means 0 and 255 whatever the areas (3 and 1): deviation .5.
  gray = [(0,) * 3] * 3 + [(255,) * 3]
  value, _ = micv.instance_color_variation(*scene(gray, [4, 4, 4, 9]), CAR)
  assert value == pytest.approx(0.5)


def test_images_with_fewer_than_two_instances_are_left_out():
  two = scene([(0,) * 3, (255,) * 3], [1, 2])
  one = scene([(0,) * 3, (255,) * 3], [1, 1])
  person = scene([(0,) * 3, (255,) * 3], [1, 2], label=24)
  found = micv.micv(*zip(two, one, person, strict=True), label=CAR)
  assert found == micv.Micv(0.5, 1, 2)


def test_no_image_at_all_is_nan():
  found = micv.micv([], [], [], label=CAR)
  assert np.isnan(found.value) and found.num_images == 0
