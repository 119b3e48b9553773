import numpy as np
import pytest

from instgan_jax.evaluation import style_change


def test_mean_change_inside_and_outside_instances():
  instance_maps = np.array([[[0, 0, 1, 2]]])
  a = np.zeros((1, 1, 4, 3), np.uint8)
  b = a.copy()
  b[0, 0, 0] = 51  # Outside: (.2 + 0) / 2 = .1.
  b[0, 0, 2] = 255  # Inside: (1 + 0) / 2 = .5.
  change = style_change.draw_change(a, b, instance_maps)
  assert change.outside == pytest.approx(0.1)
  assert change.inside == pytest.approx(0.5)
  assert change.ratio == pytest.approx(5.0)
  assert style_change.draw_change(b, a, instance_maps) == change


def test_without_instances_the_inside_is_nan():
  image = np.zeros((1, 1, 4, 3), np.uint8)
  change = style_change.draw_change(image, image, np.zeros((1, 1, 4)))
  assert np.isnan(change.inside) and change.outside == 0.0


CAR, PERSON = 26, 24


def test_the_distance_of_two_draws_of_an_instance():
  instance_map = np.array([[0, 1, 1, 2, 3]])
  label_map = np.array([[7, CAR, CAR, CAR, PERSON]])
  a = np.full((1, 5, 3), 100, np.uint8)
  b = a.copy()
  b[0, 0] = 151  # Outside: .2.
  b[0, 1, 0] = 253  # Car 1: (153 / 255 / 3 + 0) / 2 = .1.
  b[0, 3] = 49  # Car 2: .2. Persons stay.
  found = {}
  for name, meter in (
    ('car', style_change.instance_meter(CAR)),
    ('person', style_change.instance_meter(PERSON)),
    ('outside', style_change.outside_meter()),
  ):
    meter.update(a, b, label_map, instance_map)
    found[name] = meter.result()
  # Cars count alike: (.1 + .2) / 2, not (.1 * 2 + .2) / 3.
  assert found['car'].value == pytest.approx(0.15)
  assert found['car'].num_items == 2
  assert found['person'].value == 0.0
  assert found['outside'].value == pytest.approx(0.2)
  assert found['outside'].num_items == 1


def test_what_has_no_distance_says_why():
  image, ones = np.zeros((1, 2, 3), np.uint8), np.ones((1, 2), int)
  for meter, reason in (
    (style_change.instance_meter(CAR), "no image has an instance of 'car'"),
    (style_change.outside_meter(), 'every pixel is in an instance'),
  ):
    meter.update(image, image, ones * PERSON, ones)
    found = meter.result()
    assert np.isnan(found.value) and found.reason == reason
