import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.evaluation import moments


def features_of(num_images, num_features, seed=0):
  rng = np.random.default_rng(seed)
  mixing = rng.normal(size=(num_features, num_features))
  features = 3 + rng.normal(size=(num_images, num_features)) @ mixing
  return features.astype(np.float32)


def gather(features, batch_size):
  gathered = moments.Moments()
  for start in range(0, len(features), batch_size):
    gathered.update(features[start : start + batch_size])
  return gathered.statistics()


# Fewer images than features, as many, one more, and several folds.
@pytest.mark.parametrize('num_images', [2, 5, 16, 17, 100])
def test_mean_and_covariance_are_numpys(num_images):
  features = features_of(num_images, 16)
  found = gather(features, batch_size=7)
  assert found.count == num_images
  assert len(found.scatter_root) <= 16
  exact = features.astype(np.float64)
  np.testing.assert_allclose(found.mean, exact.mean(axis=0), rtol=1e-13)
  np.testing.assert_allclose(
    found.covariance,
    np.cov(exact, rowvar=False),
    atol=1e-13 * np.abs(exact).max() ** 2,
  )


def test_a_hand_made_set():
  # Mean (1, 2); deviations -+1 and -+2: variances 2 and 8, covariance 4.
  found = moments.of_features([[0.0, 0.0], [2.0, 4.0]])
  np.testing.assert_array_equal(found.mean, [1, 2])
  np.testing.assert_array_equal(found.covariance, [[2, 4], [4, 8]])


@pytest.mark.parametrize('batch_size', [1, 16, 33, 100])
def test_the_batch_size_changes_no_bit(batch_size):
  features = features_of(100, 16)
  for found, expected in zip(
    gather(features, batch_size), gather(features, 9), strict=True
  ):
    np.testing.assert_array_equal(found, expected)


def test_statistics_on_the_way_do_not_disturb():
  features = features_of(40, 16)
  gathered = moments.Moments()
  gathered.update(features[:30])
  gathered.statistics()
  gathered.update(features[30:])
  np.testing.assert_array_equal(
    gathered.statistics().scatter_root, gather(features, 40).scatter_root
  )


def test_a_large_mean_does_not_drown_the_covariance():
  # The textbook sum of squares minus the squared sum loses 12 digits here.
  features = features_of(100, 4).astype(np.float64)
  found = moments.of_features(features + 1e6)
  np.testing.assert_allclose(
    found.covariance, np.cov(features, rowvar=False), rtol=1e-8
  )


def test_merged_parts_are_the_whole():
  features = features_of(50, 16)
  whole = moments.of_features(features)
  merged = moments.merge(
    moments.of_features(features[:20]), moments.of_features(features[20:])
  )
  assert merged.count == 50
  np.testing.assert_allclose(merged.mean, whole.mean, rtol=1e-13)
  np.testing.assert_allclose(merged.covariance, whole.covariance, atol=1e-12)


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused_by_name(value):
  gathered = moments.Moments()
  gathered.update(np.ones((3, 2)))
  bad = np.ones((4, 2))
  bad[2, 1] = value
  # The third of the batch after three: number 5, counted from 0.
  with pytest.raises(InputError, match=r'Image number 5: .*not finite \(1 of'):
    gathered.update(bad)
  with pytest.raises(InputError, match='Image c.png: .*look at the image'):
    gathered.update(bad, names=['a.png', 'b.png', 'c.png', 'd.png'])


@pytest.mark.parametrize('num_images', [0, 1])
def test_fewer_than_two_images_are_refused(num_images):
  gathered = moments.Moments()
  if num_images:
    gathered.update(np.ones((num_images, 3)))
  with pytest.raises(InputError, match=f'at least 2 .* got {num_images}'):
    gathered.statistics()


def test_other_features_on_the_way_are_refused():
  gathered = moments.Moments()
  gathered.update(np.ones((1, 3)))
  with pytest.raises(ValueError, match=r'must be \[B, 3\] .* got \(1, 4\)'):
    gathered.update(np.ones((1, 4)))
