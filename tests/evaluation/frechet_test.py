import tracemalloc

import numpy as np
import pytest
import scipy.linalg

from data_pipeline.errors import InputError
from instgan_jax.evaluation import frechet, moments


def features_of(num_images, num_features, seed):
  rng = np.random.default_rng(seed)
  mixing = rng.normal(size=(num_features, num_features)) / num_features
  return rng.normal(size=num_features) + (
    rng.normal(size=(num_images, num_features)) @ mixing
  )


def distance_by_square_root(a, b):
  """The definition, with scipy's matrix square root in float64."""
  cov_a, cov_b = (np.cov(x, rowvar=False) for x in (a, b))
  root = scipy.linalg.sqrtm(cov_a @ cov_b)
  return (
    np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    + np.trace(cov_a)
    + np.trace(cov_b)
    - 2 * np.trace(root).real
  )


def distance(a, b):
  return frechet.distance(moments.of_features(a), moments.of_features(b)).value


@pytest.mark.parametrize(
  'num_a, num_b',
  [(200, 300), (65, 64)],
  ids=['more images than features', 'as many'],
)
def test_equals_the_matrix_square_root(num_a, num_b):
  a, b = features_of(num_a, 64, 1), features_of(num_b, 64, 2)
  assert distance(a, b) == pytest.approx(
    distance_by_square_root(a, b), rel=1e-6
  )


# The root of a singular matrix is itself known to half of the digits only.
@pytest.mark.filterwarnings('ignore:Matrix is singular')
@pytest.mark.parametrize('num_a, num_b', [(20, 30), (20, 200), (2, 64)])
def test_equals_the_matrix_square_root_of_singular_covariances(num_a, num_b):
  a, b = features_of(num_a, 64, 1), features_of(num_b, 64, 2)
  assert distance(a, b) == pytest.approx(
    distance_by_square_root(a, b), rel=1e-5
  )


def test_commuting_covariances_by_hand():
  # Means (0, 0) and (3, 4): 25. Variances (ddof 1) along the axes:
  #   a: deviations -+1 and none of 2 points: 2 / 1 = 2 and 0.
  #   b: deviations -+2 and -+3 of 4 points: 8 / 3 and 18 / 3 = 6.
  # Each axis adds (sqrt v - sqrt w)^2.
  a = np.array([[-1.0, 0], [1, 0]])
  b = np.array([[1.0, 4], [5, 4], [3, 1], [3, 7]])
  expected = 25 + (2**0.5 - (8 / 3) ** 0.5) ** 2 + 6
  assert distance(a, b) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize('num_images', [20, 200])
def test_equal_covariances_give_the_squared_distance_of_the_means(num_images):
  a = features_of(num_images, 64, 1)
  step = np.linspace(-1, 2, 64)
  assert distance(a, a + step) == pytest.approx(np.sum(step**2), rel=1e-10)


@pytest.mark.parametrize('num_images', [20, 200])
def test_equal_sets_have_no_distance(num_images):
  a = features_of(num_images, 64, 1)
  assert 0.0 <= distance(a, a) < 1e-10


def test_neither_the_order_nor_the_sides_matter():
  a, b = features_of(150, 64, 1), features_of(40, 64, 2)
  found = frechet.distance(moments.of_features(b), moments.of_features(a[::-1]))
  assert found.value == pytest.approx(distance(a, b), rel=1e-10)
  assert (found.num_a, found.num_b) == (40, 150)


def test_few_images_need_no_matrix_of_all_features():
  a, b = np.random.default_rng(0).normal(size=(2, 20, 2048))
  tracemalloc.start()
  distance(a, b)
  _, peak = tracemalloc.get_traced_memory()
  tracemalloc.stop()
  # The features take 0.3 MB each, a covariance 33 MB; its matrix square root
  # would take a minute as well.
  assert peak < 2048 * 2048 * 8 / 8


def test_wrong_sets_are_refused():
  two = moments.of_features(np.eye(2))
  with pytest.raises(InputError, match='2 and 3 features .* same one'):
    frechet.distance(two, moments.of_features(np.eye(3)))
  with pytest.raises(InputError, match='at least 4 images, .* got 3'):
    frechet.floor(np.eye(3))


def test_the_floor_is_the_distance_between_two_halves():
  # Halves of {0, 0, 8, 8} in one dimension: {0, 0} and {8, 8} are 64 apart,
  # {0, 8} and {0, 8} are 0 apart.
  features = np.array([[0.0], [0.0], [8.0], [8.0]])
  found = [frechet.floor(features, seed=seed) for seed in range(20)]
  assert {round(x.value, 9) for x in found} == {0.0, 64.0}
  assert {(x.num_a, x.num_b) for x in found} == {(2, 2)}
  assert frechet.floor(features, seed=3) == found[3]


def test_the_floor_of_an_odd_number_uses_every_image():
  found = frechet.floor(np.random.default_rng(0).normal(size=(7, 2)))
  assert (found.num_a, found.num_b) == (4, 3)


@pytest.mark.filterwarnings('ignore:The `disp` argument:DeprecationWarning')
def test_equals_pytorch_fid():
  fid_score = pytest.importorskip(
    'pytorch_fid.fid_score', reason='pytorch-fid is not installed'
  )
  a, b = features_of(200, 64, 1), features_of(300, 64, 2)
  moments_of = [(x.mean(axis=0), np.cov(x, rowvar=False)) for x in (a, b)]
  expected = fid_score.calculate_frechet_distance(
    *moments_of[0], *moments_of[1]
  )
  assert distance(a, b) == pytest.approx(expected, rel=1e-6)
