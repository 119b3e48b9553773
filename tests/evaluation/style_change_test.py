import numpy as np
import pytest

from data_pipeline.cityscapes import labels
from instgan_jax.evaluation import style_change

CAR, PERSON = 26, 24


def test_the_change_of_instances_between_two_samples():
  instance_map = np.array([[0, 1, 1, 2, 3]])
  label_map = np.array([[7, CAR, CAR, CAR, PERSON]])
  a = np.full((1, 5, 3), 100, np.uint8)
  b = a.copy()
  b[0, 0] = 151  # Outside: .2.
  b[0, 1, 0] = 253  # Car 1: (153 / 255 / 3 + 0) / 2 = .1.
  b[0, 3] = 49  # Car 2: .2. Persons stay.
  meters = {
    'car': style_change.instance_meter(labels.TABLE.named('car')),
    'person': style_change.instance_meter(labels.TABLE.named('person')),
    'outside': style_change.outside_meter(),
  }
  for name, samples in (('a to b', (a, b)), ('b to a', (b, a))):
    for meter in meters.values():
      meter.update(*samples, label_map, instance_map, name=name)
  results = {name: meter.result() for name, meter in meters.items()}
  # Cars count alike: (.1 + .2) / 2, not (.1 * 2 + .2) / 3. Both directions
  # give the same.
  assert [image.value for image in results['car'].per_image] == (
    pytest.approx([0.15, 0.15])
  )
  assert results['car'].num_items == 2 * 2
  assert results['person'].value == 0.0
  assert results['outside'].value == pytest.approx(0.2)
  assert results['outside'].num_items == 2 * 1


def test_the_outside_is_averaged_over_its_pixels():
  a = np.zeros((1, 4, 3), np.uint8)
  b = a.copy()
  b[0, 0] = 51
  b[0, 2] = 255  # Of an instance.
  meter = style_change.outside_meter()
  meter.update(a, b, np.full((1, 4), CAR), np.array([[0, 0, 1, 2]]))
  # (.2 + 0) / 2.
  assert meter.result().value == pytest.approx(0.1)


def test_what_has_no_change_says_why():
  image, ones = np.zeros((1, 2, 3), np.uint8), np.ones((1, 2), int)
  for meter, reason in (
    (
      style_change.instance_meter(labels.TABLE.named('car')),
      "no image has an instance of 'car'",
    ),
    (style_change.outside_meter(), 'every pixel is in an instance'),
  ):
    meter.update(image, image, ones * PERSON, ones)
    result = meter.result()
    assert np.isnan(result.value) and result.reason == reason
