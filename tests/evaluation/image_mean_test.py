import json

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.evaluation import image_mean


def mean_of(values, names=None, reason='nothing'):
  """The mean of these values; None for an image that has none."""
  meter = image_mean.Meter(
    lambda image: (
      None
      if values[image[0, 0]] is None
      else (
        values[image[0, 0]],
        3,
      )
    ),
    reason,
  )
  for i in range(len(values)):
    meter.update(np.full((1, 1), i), name=names[i] if names else '')
  return meter.result()


def test_each_image_with_a_value_counts_alike():
  found = mean_of([1.0, None, 5.0], ['a', 'b', 'c'])
  assert found.value == 3.0
  assert (found.num_images, found.num_items) == (2, 6)
  assert found.per_image == (('a', 1.0, 3), ('c', 5.0, 3))
  assert found.reason == ''


def test_without_any_value_there_is_a_reason():
  found = mean_of([None, None], reason='no image has two cars')
  assert np.isnan([found.value, found.low, found.high]).all()
  assert (found.num_images, found.num_items, found.per_image) == (0, 0, ())
  assert found.reason == 'no image has two cars'


def test_one_image_has_no_interval():
  found = mean_of([2.0])
  assert found.value == 2.0
  assert np.isnan([found.low, found.high]).all()


def test_the_interval_is_that_of_the_mean():
  values = np.random.default_rng(0).normal(10, 2, 400)
  found = mean_of(values.tolist())
  # Of many values: 1.96 standard errors on either side.
  error = 1.96 * values.std() / 400**0.5
  assert found.low == pytest.approx(values.mean() - error, abs=0.1 * error)
  assert found.high == pytest.approx(values.mean() + error, abs=0.1 * error)


def test_equal_values_have_an_interval_without_width():
  found = mean_of([0.5, 0.5, 0.5])
  assert (found.low, found.high) == (0.5, 0.5)


def test_intervals_are_seeded():
  meter = image_mean.Meter(lambda image: (float(np.sqrt(image[0, 0])), 1), '')
  for value in range(30):
    meter.update(np.full((1, 1), value))
  assert meter.result() == meter.result(seed=0)
  assert meter.result(seed=1).low != meter.result(seed=0).low


def test_the_ratio_is_that_of_the_means_and_pairs_images_by_name():
  found = image_mean.ratio(
    mean_of([1.0, 3.0], ['a', 'b']), mean_of([4.0, 12.0][::-1], ['b', 'a'])
  )
  # (1 + 3) / (12 + 4).
  assert found.value == pytest.approx(0.25)
  assert (found.num_images, found.reason) == (2, '')


def test_the_interval_of_a_ratio_resamples_both_together():
  values = [1.0, 2.0, 4.0, 8.0]
  found = image_mean.ratio(mean_of([x / 2 for x in values]), mean_of(values))
  # Every resample has the ratio 1 / 2; apart they would spread.
  assert (found.low, found.high) == pytest.approx((0.5, 0.5))


def test_ratios_without_a_value_say_why():
  none, some = mean_of([None], reason='no car'), mean_of([0.0])
  assert image_mean.ratio(none, none).reason == 'no car'
  zero = image_mean.ratio(some, some)
  assert (
    np.isnan(zero.value) and zero.reason == 'the value to compare with is 0'
  )


def test_resamples_without_a_value_to_compare_with_have_no_interval():
  # A resample may hold the image with 0 alone.
  found = image_mean.ratio(mean_of([1.0, 1.0]), mean_of([0.0, 1.0]))
  assert found.value == 2.0
  assert np.isnan([found.low, found.high]).all()


def test_ratios_of_other_images_are_refused():
  with pytest.raises(InputError, match='1 images .* such as b. Expected'):
    image_mean.ratio(mean_of([1.0, 1.0], ['a', 'b']), mean_of([1.0], ['a']))


def test_wrong_arrays_are_refused_by_name():
  meter = image_mean.Meter(lambda *arrays: (0.0, 1), '')
  image, label_map = np.zeros((2, 4, 3), np.uint8), np.zeros((2, 4), int)
  with pytest.raises(InputError, match='Image a: .* 2 x 4, 2 x 3 .*resize'):
    meter.update(image, label_map[:, :3], name='a')
  with pytest.raises(InputError, match='Image number 0: .* float32 with 3'):
    meter.update(image.astype(np.float32), label_map)
  with pytest.raises(InputError, match='uint8 with 4 channels, expected'):
    meter.update(np.zeros((2, 4, 4), np.uint8), label_map)
  meter.update(image, label_map, name='a')
  with pytest.raises(InputError, match='Image a comes twice'):
    meter.update(image, label_map, name='a')


def test_results_are_plain_numbers():
  found = mean_of([1.0, 2.0])
  assert json.loads(json.dumps(found))[0] == 1.5
  json.dumps(image_mean.ratio(found, found))
