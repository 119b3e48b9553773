import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.evaluation import moments


def features_of(num_images, num_features, seed=0):
  rng = np.random.default_rng(seed)
  mixing = rng.normal(size=(num_features, num_features))
  features = 3 + rng.normal(size=(num_images, num_features)) @ mixing
  return features.astype(np.float32)


def covariance(statistics):
  root = statistics.scatter_root
  return root.T @ root / (statistics.num_vectors - 1)


# Fewer images than features, as many, one more, and several times as many.
@pytest.mark.parametrize('num_images', [2, 5, 16, 17, 100])
def test_mean_and_covariance_are_numpys(num_images):
  features = features_of(num_images, 16)
  statistics = moments.of_features(features)
  assert statistics.num_vectors == num_images
  assert len(statistics.scatter_root) <= 16
  exact = features.astype(np.float64)
  np.testing.assert_allclose(statistics.mean, exact.mean(axis=0), rtol=1e-13)
  np.testing.assert_allclose(
    covariance(statistics),
    np.cov(exact, rowvar=False),
    atol=1e-13 * np.abs(exact).max() ** 2,
  )


def test_a_hand_made_set():
  # Mean (1, 2); deviations -+1 and -+2: variances 2 and 8, covariance 4.
  statistics = moments.of_features(np.array([[0.0, 0.0], [2.0, 4.0]]))
  np.testing.assert_array_equal(statistics.mean, [1, 2])
  np.testing.assert_array_equal(covariance(statistics), [[2, 4], [4, 8]])


def test_a_large_mean_does_not_drown_the_covariance():
  # The textbook sum of squares minus the squared sum loses 12 digits here.
  features = features_of(100, 4).astype(np.float64)
  np.testing.assert_allclose(
    covariance(moments.of_features(features + 1e6)),
    np.cov(features, rowvar=False),
    rtol=1e-8,
  )


@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_features_that_are_not_finite_are_refused_by_name(value):
  bad = np.ones((4, 2))
  bad[2, 1] = value
  with pytest.raises(InputError, match=r'Image number 2: .*not finite \(1 of'):
    moments.of_features(bad)
  with pytest.raises(InputError, match='Image c.png: .*check the image'):
    moments.check_finite(bad, ['a.png', 'b.png', 'c.png', 'd.png'])
  moments.check_finite(bad[:2])


@pytest.mark.parametrize('num_images', [0, 1])
def test_fewer_than_two_images_are_refused(num_images):
  with pytest.raises(InputError, match=f'at least 2 .* got {num_images}'):
    moments.of_features(np.ones((num_images, 3)))
