import numpy as np
import pytest

from data_pipeline.cityscapes import labels
from instgan_jax.evaluation import micv

CARS = labels.TABLE.named('car')
CAR = CARS.id


def scene(colors, instance_ids, label=CAR):
  """A row of pixels: their RGB, their dense instance, one label."""
  return (
    np.array([colors], np.uint8),
    np.full((1, len(colors)), label),
    np.array([instance_ids]),
  )


def test_deviation_of_the_mean_colors_over_instances():
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


def test_instances_under_the_minimum_area_do_not_count():
  # Areas 2, 1 and 3; means 0, 51 and 255.
  grays = [(0,) * 3] * 2 + [(51,) * 3] + [(255,) * 3] * 3
  row = scene(grays, [1, 1, 2, 5, 5, 5])
  everything = micv.instance_color_variation(*row, CAR)
  # 0, .2, 1: mean .4, deviation sqrt((.16 + .04 + .36) / 3).
  assert everything == pytest.approx(((0.56 / 3) ** 0.5, 3))
  assert micv.instance_color_variation(*row, CAR, min_area=1) == everything
  large = micv.instance_color_variation(*row, CAR, min_area=2)
  assert large == pytest.approx((0.5, 2))
  assert micv.instance_color_variation(*row, CAR, min_area=3) is None


def test_images_with_fewer_than_two_instances_are_left_out():
  two = scene([(0,) * 3, (255,) * 3], [1, 2])
  one = scene([(0,) * 3, (255,) * 3], [1, 1])
  person = scene([(0,) * 3, (255,) * 3], [1, 2], label=24)
  found = micv.micv(*zip(two, one, person, strict=True), label=CARS)
  assert (found.value, found.num_images, found.num_items) == (0.5, 1, 2)


def test_images_count_alike_whatever_their_instances():
  far = scene([(0,) * 3, (255,) * 3], [1, 2])  # .5.
  near = scene([(0,) * 3, (0,) * 3, (0,) * 3], [1, 2, 3])  # 0.
  meter = micv.meter(CARS)
  for name, row in (('far', far), ('near', near)):
    meter.update(*row, name=name)
  found = meter.result()
  assert found.value == 0.25
  assert found.per_image == (('far', 0.5, 2), ('near', 0.0, 3))
  assert (found.num_images, found.num_items) == (2, 5)


def test_no_image_at_all_is_nan_with_a_reason():
  found = micv.micv([], [], [], label=CARS)
  assert np.isnan(found.value) and found.num_images == 0
  assert found.reason == "no image has two instances of 'car'"
  large = micv.meter(labels.TABLE.named('person'), min_area=64).result()
  assert large.reason == (
    "no image has two instances of 'person' of at least 64 pixels"
  )
