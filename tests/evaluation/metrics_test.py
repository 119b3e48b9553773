"""Measures on hand-made scenes, streamed in any batches."""

import numpy as np
import pytest

from data_pipeline import labels
from data_pipeline.errors import InputError
from instgan_jax.evaluation import metrics, reference_statistics

CAR, ROAD = labels.label_id('car'), labels.label_id('road')


def scenes(images, names=None):
  """Road with two touching cars of 2x2 pixels each, in every image."""
  label_map = np.full((4, 6), ROAD, np.uint8)
  label_map[1:3, 1:5] = CAR
  instance_map = np.zeros((4, 6), np.uint16)
  instance_map[1:3, 1:3], instance_map[1:3, 3:5] = 1, 2
  count = len(images)
  return metrics.Scenes(
    names or [f's{i}' for i in range(count)],
    images,
    np.repeat(label_map[None], count, axis=0),
    np.repeat(instance_map[None], count, axis=0),
  )


def pictures(*pairs):
  """Black, but for the gray of the left and of the right car."""
  images = np.zeros((len(pairs), 4, 6, 3), np.uint8)
  for image, (left, right) in zip(images, pairs, strict=True):
    image[1:3, 1:3], image[1:3, 3:5] = left, right
  return images


def test_instance_colors_beside_the_real_ones():
  real, drawn = pictures((0, 255), (0, 255)), pictures((0, 51), (0, 153))
  measure = metrics.InstanceColors(('car',))
  measure.update(metrics.REAL, real, scenes(real))
  measure.update(0, drawn, scenes(real))
  figures = measure.figures()
  # Deviation of {0, 1}: 0.5. Of {0, 0.2}: 0.1, of {0, 0.6}: 0.3; mean 0.2.
  micv = figures['micv_car']
  np.testing.assert_allclose(micv['real'], 0.5)
  np.testing.assert_allclose(micv['mean'], 0.2)
  np.testing.assert_allclose(micv['ratio'], 0.4)
  np.testing.assert_allclose(micv['per_image']['s1'], 0.3)
  assert (micv['num_images'], micv['num_items']) == (2, 4)
  # Across the border: 1, 1; drawn 0.2 and 0.6, mean 0.4.
  np.testing.assert_allclose(figures['border_contrast_car']['mean'], 0.4)
  np.testing.assert_allclose(figures['border_contrast_car']['ratio'], 0.4)


def test_deviation_over_draws():
  real = pictures((0, 255))
  measure = metrics.InstanceColors(('car',))
  measure.update(metrics.REAL, real, scenes(real))
  for number, right in enumerate((51, 153)):
    drawn = pictures((0, right))
    measure.update(number, drawn, scenes(drawn))
  micv = measure.figures()['micv_car']
  np.testing.assert_allclose(micv['per_draw'], [0.1, 0.3])
  np.testing.assert_allclose(micv['mean'], 0.2)
  np.testing.assert_allclose(micv['deviation'], np.sqrt(2 * 0.1**2))


def test_an_empty_class_has_a_reason():
  real = pictures((0, 255))
  measure = metrics.InstanceColors(('train',))
  for key in (metrics.REAL, 0):
    measure.update(key, real, scenes(real))
  micv = measure.figures()['micv_train']
  assert np.isnan(micv['mean']) and micv['num_images'] == 0
  assert "two instances of 'train'" in micv['reason']


def test_draw_distances_inside_and_outside():
  measure = metrics.DrawDistances(('car',))
  a, b = pictures((0, 0)), pictures((51, 153))
  b[0, 0, 0] = 255  # One of 16 pixels that are no instance.
  measure.update(a, b, scenes(a))
  figures = measure.figures()
  np.testing.assert_allclose(figures['draw_distance_car']['mean'], 0.4)
  np.testing.assert_allclose(figures['draw_distance_outside']['mean'], 1 / 16)


def gray_features(images):
  """Two features of a picture: its left and its right car."""
  return images[:, 1, [1, 3], 0].astype(np.float32)


def feature_distances(real, **names):
  return metrics.FeatureDistances(
    gray_features,
    reference_statistics.of_features(
      gray_features(real), protocol={}, content_hash=''
    ),
    **names,
  )


REAL_IMAGES = pictures((0, 0), (0, 2), (2, 0), (2, 2))


def test_frechet_distance_of_shifted_features():
  # Equal covariances: the squared distance of the means, 3^2 + 3^2.
  drawn = REAL_IMAGES.copy()
  drawn[:, 1:3, 1:5] += 3
  measure = feature_distances(
    REAL_IMAGES, frechet_name='fid', kernel_name='kid'
  )
  measure.update(metrics.REAL, REAL_IMAGES, scenes(REAL_IMAGES))
  for start in (0, 1, 3):
    part = drawn[start : {0: 1, 1: 3, 3: 4}[start]]
    measure.update(0, part, scenes(part))
  figures = measure.figures()
  np.testing.assert_allclose(figures['fid']['mean'], 18.0)
  assert figures['fid']['num_generated'] == figures['fid']['num_real'] == 4
  assert figures['fid']['num_floor'] == [2, 2]
  assert figures['kid']['subset_size'] == 4
  assert figures['kid']['mean'] > 0


def test_fewer_than_two_pictures_are_refused():
  measure = feature_distances(REAL_IMAGES, frechet_name='fid', kernel_name=None)
  measure.update(0, REAL_IMAGES[:1], scenes(REAL_IMAGES[:1]))
  with pytest.raises(InputError, match='at least 2 images'):
    measure.figures()


def test_features_that_are_not_finite_name_the_picture():
  measure = feature_distances(REAL_IMAGES, frechet_name='fid', kernel_name=None)
  measure._extract = lambda images: np.full((len(images), 2), np.nan)
  with pytest.raises(InputError, match='Image town_7: .*not finite'):
    measure.update(0, REAL_IMAGES[:1], scenes(REAL_IMAGES[:1], ['town_7']))


def test_mean_iou_with_its_ceiling():
  def predict(images, size):
    """What is brighter than 100 is car, the rest road."""
    assert size == (4, 6)
    return np.where(images[..., 0] > 100, CAR, ROAD).astype(np.uint8)

  real, drawn = pictures((200, 200)), pictures((200, 0))
  measure = metrics.MeanIou(predict)
  measure.update(metrics.REAL, real, scenes(real))
  measure.update(0, drawn, scenes(drawn))
  miou = measure.figures()['miou']
  # 24 pixels, 8 of cars, 4 of them found. Car: 4 / 8. Road: 16 / 20.
  np.testing.assert_allclose(miou['mean'], (0.5 + 0.8) / 2)
  assert miou['real'] == 1.0
  scores = measure.scores()
  np.testing.assert_allclose(scores['generated'].class_iou['car'], 0.5)
  np.testing.assert_allclose(scores['generated'].accuracy_valid, 20 / 24)
