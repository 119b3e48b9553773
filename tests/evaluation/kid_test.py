import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.evaluation import kid


def features_of(num_images, num_features, seed, shift=0.0):
  rng = np.random.default_rng(seed)
  return shift + rng.normal(size=(num_images, num_features))


def direct_mmd(a, b):
  """Equation 4 as it stands: one pair at a time."""

  def kernel(x, y):
    return (sum(x * y) / len(x) + 1) ** 3

  def mean_of_others(x):
    values = [
      kernel(x[i], x[j]) for i in range(len(x)) for j in range(len(x)) if i != j
    ]
    return np.mean(values)

  across = np.mean([kernel(x, y) for x in a for y in b])
  return mean_of_others(a) + mean_of_others(b) - 2 * across


def test_three_numbers_by_hand():
  # D = 1, a = {0, 1}, b = {1, 2}; k = (xy + 1)^3.
  # Within a: k(0, 1) = 1. Within b: k(1, 2) = 27.
  # Across: k(0, 1) = 1, k(0, 2) = 1, k(1, 1) = 8, k(1, 2) = 27: mean 37 / 4.
  # 1 + 27 - 2 * 37 / 4 = 9.5.
  found = kid.kid([[0.0], [1.0]], [[1.0], [2.0]])
  assert found.value == pytest.approx(9.5, rel=1e-12)
  assert (found.subset_size, found.num_a, found.num_b) == (2, 2, 2)
  # There is nothing to estimate an error from.
  assert np.isnan(found.standard_error) and found.subset_deviation == 0


def test_equals_the_double_loop():
  a, b = features_of(12, 5, 1), features_of(12, 5, 2, shift=0.5)
  found = kid.kid(a, b)
  assert found.value == pytest.approx(direct_mmd(a, b), rel=1e-12)
  assert found.subset_deviation == 0


def test_sets_larger_than_a_block_of_the_kernel_matrix():
  # The same images several times over: each of the 12 stands 100 times in its
  # set, so that within a set 99 of its 1199 partners are itself.
  a, b = features_of(12, 5, 1), features_of(12, 5, 2, shift=0.5)
  found = kid.kid(
    np.tile(a, (100, 1)),
    np.tile(b, (100, 1)),
    num_subsets=1,
    max_subset_size=1200,
  )

  def kernel(x, y):
    return (x @ y.T / 5 + 1) ** 3

  within = sum(
    (kernel(x, x).sum() * 100**2 - np.trace(kernel(x, x)) * 100) / (1200 * 1199)
    for x in (a, b)
  )
  expected = within - 2 * kernel(a, b).mean()
  assert found.value == pytest.approx(expected, rel=1e-10)


def test_subsets_are_of_the_size_asked_for_and_seeded():
  a, b = features_of(9, 4, 1), features_of(11, 4, 2, shift=0.5)
  found = kid.kid(a, b, num_subsets=40, max_subset_size=6, seed=3)
  rng = np.random.default_rng(3)
  chosen_a = [rng.choice(9, 6, replace=False) for _ in range(40)]
  chosen_b = [rng.choice(11, 6, replace=False) for _ in range(40)]
  values = [
    direct_mmd(a[i], b[j]) for i, j in zip(chosen_a, chosen_b, strict=True)
  ]
  assert found.value == pytest.approx(np.mean(values), rel=1e-12)
  assert found.subset_deviation == pytest.approx(
    np.std(values, ddof=1), rel=1e-10
  )
  assert (found.num_subsets, found.subset_size) == (40, 6)
  other = kid.kid(a, b, num_subsets=40, max_subset_size=6, seed=4)
  assert other.value != found.value
  # The error is that of all images, whatever the subsets.
  assert other.standard_error == found.standard_error


def test_the_smaller_set_bounds_the_subsets():
  assert kid.kid(np.eye(5), np.eye(5)[:3]).subset_size == 3


def test_the_standard_error_leaves_out_one_image_at_a_time():
  a, b = features_of(6, 4, 1), features_of(8, 4, 2, shift=0.5)
  without_a = [direct_mmd(np.delete(a, i, axis=0), b) for i in range(6)]
  without_b = [direct_mmd(a, np.delete(b, i, axis=0)) for i in range(8)]
  # Jackknife: (n - 1) / n times the sum of the squared deviations.
  expected = np.sqrt(5 * np.var(without_a) + 7 * np.var(without_b))
  assert kid.kid(a, b).standard_error == pytest.approx(expected, rel=1e-10)


def test_the_standard_error_is_the_deviation_over_other_images():
  found = [
    kid.kid(
      features_of(60, 8, 2 * i),
      features_of(60, 8, 2 * i + 1, shift=0.5),
      num_subsets=1,
    )
    for i in range(200)
  ]
  deviation = np.std([x.value for x in found])
  error = np.sqrt(np.mean([x.standard_error**2 for x in found]))
  # The deviation itself is known to 1 / sqrt(400) = 5 %.
  assert error == pytest.approx(deviation, rel=0.2)


def test_has_no_bias_where_nothing_differs():
  values = [
    kid.kid(
      features_of(20, 4, 2 * i), features_of(20, 4, 2 * i + 1), num_subsets=1
    ).value
    for i in range(200)
  ]
  # With the diagonals it would be 2 (E k(x, x) - E k(x, y)) / 20 too high:
  # (1 + 3 * 1 + 3 * 1.5 + 3) - (1 + 3 / 4) = 9.75, so 0.98.
  assert abs(np.mean(values)) < 4 * np.std(values) / 200**0.5
  assert np.std(values) < 0.4


def test_wrong_features_are_refused():
  with pytest.raises(InputError, match='at least 2 images .* got 1'):
    kid.kid(np.ones((1, 3)), np.ones((4, 3)))
  with pytest.raises(InputError, match='3 and 2 features .* same one'):
    kid.kid(np.ones((4, 3)), np.ones((4, 2)))
  bad = np.ones((4, 3))
  bad[1, 2] = np.nan
  with pytest.raises(InputError, match='Image number 1: .*not finite'):
    kid.kid(np.ones((4, 3)), bad)


def test_equals_clean_fid_where_there_is_one_subset():
  fid = pytest.importorskip('cleanfid.fid', reason='clean-fid is not installed')
  a, b = features_of(40, 16, 1), features_of(40, 16, 2, shift=0.3)
  assert kid.kid(a, b).value == pytest.approx(
    fid.kernel_distance(a, b, num_subsets=3), rel=1e-9
  )
