"""Metrics of hand-made scenes, in batches of any size."""

import dataclasses

import numpy as np
import pytest

from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from data_pipeline.scenes import Scenes
from instgan_jax.evaluation import feature_cache, metrics

CARS = labels.TABLE.named('car')
CAR, ROAD = CARS.id, labels.TABLE.named('road').id


def scenes(images, names=None):
  """Road with two touching cars of 2x2 pixels each, in every image."""
  label_map = np.full((4, 6), ROAD, np.uint8)
  label_map[1:3, 1:5] = CAR
  instance_map = np.zeros((4, 6), np.uint16)
  instance_map[1:3, 1:3], instance_map[1:3, 3:5] = 1, 2
  count = len(images)
  return Scenes(
    tuple(names or (f's{i}' for i in range(count))),
    images,
    np.repeat(label_map[None], count, axis=0),
    np.repeat(instance_map[None], count, axis=0),
    ((26000, 26001),) * count,
  )


def gray_cars(*pairs):
  """Black, but for the gray of the left and of the right car."""
  images = np.zeros((len(pairs), 4, 6, 3), np.uint8)
  for image, (left, right) in zip(images, pairs, strict=True):
    image[1:3, 1:3], image[1:3, 3:5] = left, right
  return images


def test_instance_colors_beside_the_real_ones():
  real, generated = gray_cars((0, 255), (0, 255)), gray_cars((0, 51), (0, 153))
  metric = metrics.InstanceColors((CARS,))
  metric.update(metrics.REAL, real, scenes(real))
  metric.update(0, generated, scenes(real))
  results = metric.results()
  # Deviation of {0, 1}: 0.5. Of {0, 0.2}: 0.1, of {0, 0.6}: 0.3; mean 0.2.
  micv = results['micv_car']
  np.testing.assert_allclose(micv['real'], 0.5)
  np.testing.assert_allclose(micv['mean'], 0.2)
  np.testing.assert_allclose(micv['ratio'], 0.4)
  np.testing.assert_allclose(micv['per_image']['s1'], 0.3)
  assert (micv['num_images'], micv['num_items']) == (2, 4)
  # Across the border: 1, 1; generated 0.2 and 0.6, mean 0.4.
  np.testing.assert_allclose(results['border_contrast_car']['mean'], 0.4)
  np.testing.assert_allclose(results['border_contrast_car']['ratio'], 0.4)


def test_deviation_over_samples():
  real = gray_cars((0, 255))
  metric = metrics.InstanceColors((CARS,))
  metric.update(metrics.REAL, real, scenes(real))
  for number, right in enumerate((51, 153)):
    generated = gray_cars((0, right))
    metric.update(number, generated, scenes(generated))
  micv = metric.results()['micv_car']
  np.testing.assert_allclose(micv['per_sample'], [0.1, 0.3])
  np.testing.assert_allclose(micv['mean'], 0.2)
  np.testing.assert_allclose(micv['deviation'], np.sqrt(2 * 0.1**2))


def test_an_empty_class_has_a_reason():
  real = gray_cars((0, 255))
  metric = metrics.InstanceColors((labels.TABLE.named('train'),))
  for key in (metrics.REAL, 0):
    metric.update(key, real, scenes(real))
  micv = metric.results()['micv_train']
  assert np.isnan(micv['mean']) and micv['num_images'] == 0
  assert "two instances of 'train'" in micv['reason']


def test_style_change_inside_and_outside():
  metric = metrics.StyleChange((CARS,))
  a, b = gray_cars((0, 0)), gray_cars((51, 153))
  b[0, 0, 0] = 255  # One of 16 pixels that are no instance.
  metric.update(a, b, scenes(a))
  results = metric.results()
  np.testing.assert_allclose(results['style_change_car']['mean'], 0.4)
  np.testing.assert_allclose(results['style_change_outside']['mean'], 1 / 16)


def gray_features(images):
  """Two features of an image: its left and its right car."""
  return images[:, 1, [1, 3], 0].astype(np.float32)


def feature_distances(folder, extract=gray_features, **options):
  return metrics.FeatureDistances(
    extract, feature_cache.FeatureCache(folder, extract, {}), **options
  )


REAL_IMAGES = gray_cars((0, 0), (0, 2), (2, 0), (2, 2))


def test_frechet_distance_of_shifted_features(tmp_path):
  # Equal covariances: the squared distance of the means, 3^2 + 3^2.
  generated = REAL_IMAGES.copy()
  generated[:, 1:3, 1:5] += 3
  metric = feature_distances(tmp_path, frechet_name='fid', kernel_name='kid')
  for rows in (slice(0, 1), slice(1, 3), slice(3, 4)):
    real, part = REAL_IMAGES[rows], generated[rows]
    metric.update(metrics.REAL, real, scenes(real))
    metric.update(0, part, scenes(real))
  results = metric.results()
  np.testing.assert_allclose(results['fid']['mean'], 18.0)
  assert results['fid']['num_generated'] == results['fid']['num_real'] == 4
  assert results['fid']['num_floor'] == [2, 2]
  assert results['kid']['subset_size'] == 4
  assert results['kid']['mean'] > 0


def test_features_of_real_images_are_computed_once_and_of_samples_each(
  tmp_path,
):
  num_images = []

  def extract(images):
    num_images.append(len(images))
    return gray_features(images)

  for num_extracted in ([4, 4, 4], [4, 4]):
    metric = feature_distances(
      tmp_path, extract, frechet_name='fsd', kernel_name=None
    )
    for key in (metrics.REAL, 0, 1):
      metric.update(key, REAL_IMAGES, scenes(REAL_IMAGES))
    results = metric.results()
    assert num_images == num_extracted
    assert list(results) == ['fsd']
    np.testing.assert_allclose(results['fsd']['per_sample'], [0, 0], atol=1e-12)
    num_images.clear()


def test_images_of_another_split_to_compare_with(tmp_path):
  reference = gray_features(REAL_IMAGES) + 2.0
  metric = feature_distances(
    tmp_path, frechet_name='fid', kernel_name='kid', reference=reference
  )
  for key in (metrics.REAL, 0):  # The scenes' own real images do not count.
    metric.update(key, REAL_IMAGES[:3], scenes(REAL_IMAGES[:3]))
  results = metric.results()['fid']
  assert (results['num_generated'], results['num_real']) == (3, 4)
  assert results['mean'] > 1
  # The floor is that of the reference.
  assert results['num_floor'] == [2, 2]


def test_without_four_real_images_there_is_no_floor(tmp_path):
  metric = feature_distances(tmp_path, frechet_name='fid', kernel_name=None)
  for key in (metrics.REAL, 0):
    metric.update(key, REAL_IMAGES[:3], scenes(REAL_IMAGES[:3]))
  results = metric.results()['fid']
  assert np.isnan(results['real']) and results['num_floor'] == [0, 0]


def test_fewer_than_two_images_are_refused(tmp_path):
  metric = feature_distances(tmp_path, frechet_name='fid', kernel_name=None)
  metric.update(metrics.REAL, REAL_IMAGES, scenes(REAL_IMAGES))
  metric.update(0, REAL_IMAGES[:1], scenes(REAL_IMAGES[:1]))
  with pytest.raises(InputError, match='at least 2 images'):
    metric.results()


@pytest.mark.parametrize('key', [metrics.REAL, 0])
def test_features_that_are_not_finite_name_the_image(tmp_path, key):
  metric = feature_distances(
    tmp_path,
    lambda images: np.full((len(images), 2), np.nan),
    frechet_name='fid',
    kernel_name=None,
  )
  with pytest.raises(InputError, match='Image town_7: .*not finite'):
    metric.update(key, REAL_IMAGES[:1], scenes(REAL_IMAGES[:1], ['town_7']))


def test_mean_iou_with_its_ceiling():
  def predict(images, size):
    """What is brighter than 100 is car, the rest road."""
    assert size == (4, 6)
    return np.where(images[..., 0] > 100, CAR, ROAD).astype(np.uint8)

  real, generated = gray_cars((200, 200)), gray_cars((200, 0))
  metric = metrics.MeanIou(predict, labels.TABLE)
  metric.update(metrics.REAL, real, scenes(real))
  metric.update(0, generated, scenes(generated))
  miou = metric.results()['miou']
  # 24 pixels, 8 of cars, 4 of them found. Car: 4 / 8. Road: 16 / 20.
  np.testing.assert_allclose(miou['mean'], (0.5 + 0.8) / 2)
  assert miou['real'] == 1.0
  scores = metric.scores()
  np.testing.assert_allclose(scores['generated'].class_iou['car'], 0.5)
  np.testing.assert_allclose(scores['generated'].accuracy_valid, 20 / 24)


def test_instances_that_are_unknown_do_not_count():
  real = gray_cars((0, 255), (0, 51))
  some = dataclasses.replace(
    scenes(real), has_instance_map=np.array([True, False])
  )
  colors, change = metrics.InstanceColors((CARS,)), metrics.StyleChange((CARS,))
  colors.update(metrics.REAL, real, some)
  colors.update(0, real, some)
  change.update(real, gray_cars((255, 255), (0, 51)), some)
  assert colors.results()['micv_car']['per_image'] == {'s0': 0.5}
  assert change.results()['style_change_car']['mean'] == 0.5
