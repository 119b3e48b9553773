"""KID: the kernel distance between two sets of image features.

The unbiased squared maximum mean discrepancy under the kernel
k(x, y) = (x . y / D + 1)^3 (arXiv:1801.01401, eq. 4). Unlike a Frechet
distance it does not depend on the number of images on average, and may be
negative.

The value is clean-fid's and the paper's: the mean over `num_subsets` random
subsets of min(max_subset_size, N_a, N_b) images of either set. The differences:

- clean-fid takes the subsets from numpy's global generator, so its value
  changes from call to call; here they follow from `seed`. Where both sets have
  subset_size images there is only one subset, and the values agree.
- clean-fid's sums are in the features' float32, these in float64.
- clean-fid reports no error. Where others print the deviation over subsets,
  that is here `subset_deviation`: it shrinks to 0 as the subsets come to share
  all their images, so it says nothing of how much the value would change with
  other images. `standard_error` does, by the jackknife over images.
"""

from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.evaluation import moments

_BLOCK = 1024  # Rows of the kernel matrix at a time.


class Kid(NamedTuple):
  """A KID; often printed times 1000.

  Attributes:
    value: mean over the subsets.
    standard_error: of the value as an estimate from these many images, by
      the jackknife over the images of both sets with all images.
    subset_deviation: standard deviation over the subsets (ddof 1), 0 where
      they all hold the same images.
    num_subsets: how many.
    subset_size: images of each set in a subset.
    num_a: images of the first set.
    num_b: images of the second set.
  """

  value: float
  standard_error: float
  subset_deviation: float
  num_subsets: int
  subset_size: int
  num_a: int
  num_b: int


def kid(
  a: np.ndarray,
  b: np.ndarray,
  *,
  num_subsets: int = 100,
  max_subset_size: int = 1000,
  seed: int = 0,
) -> Kid:
  """KID between the features of two sets of images.

  Args:
    a: float [N_a, D].
    b: float [N_b, D], of the same network.
    num_subsets: random subsets.
    max_subset_size: the most images of either set in a subset.
    seed: of the subsets.

  Raises:
    InputError: if a set has fewer than two images, if the sets differ in D,
      or if features are not finite.
  """
  a, b = (np.asarray(features, np.float64) for features in (a, b))
  _check(a, b)
  size = min(max_subset_size, len(a), len(b))
  rng = np.random.default_rng(seed)
  # A column for each subset, the last one for all images.
  weights_a = _subset_columns(rng, len(a), size, num_subsets)
  weights_b = _subset_columns(rng, len(b), size, num_subsets)
  within_a = _kernel_sums(a, a, weights_a, leave_out_diagonal=True)
  within_b = _kernel_sums(b, b, weights_b, leave_out_diagonal=True)
  across_a = _kernel_sums(a, b, weights_b)
  sum_a, sum_b, across = (
    np.sum(weights * kernel_sums, axis=0)[:-1]
    for weights, kernel_sums in (
      (weights_a, within_a),
      (weights_b, within_b),
      (weights_a, across_a),
    )
  )
  values = _mmd(sum_a, sum_b, across, size, size)
  across_b = _kernel_sums(b, a, np.ones((len(a), 1)))
  error = _jackknife_error(
    within_a[:, -1], within_b[:, -1], across_a[:, -1], across_b[:, 0]
  )
  return Kid(
    value=float(values.mean()),
    standard_error=error,
    subset_deviation=_deviation(values, size, len(a), len(b)),
    num_subsets=num_subsets,
    subset_size=size,
    num_a=len(a),
    num_b=len(b),
  )


def _check(a: np.ndarray, b: np.ndarray) -> None:
  for features in (a, b):
    if len(features) < 2:
      raise InputError(
        f'KID needs at least 2 images in each set, got {len(features)}. Give '
        'more images.'
      )
    moments.check_finite(features)
  if a.shape[1] != b.shape[1]:
    raise InputError(
      f'The sets have {a.shape[1]} and {b.shape[1]} features an image: they '
      'come from different networks. Compute both with the same one.'
    )


def _subset_columns(rng, num_images: int, size: int, num_subsets: int):
  """float64 [num_images, num_subsets + 1]: 1 for members; last, for all."""
  columns = np.zeros((num_images, num_subsets + 1))
  for column in columns.T[:-1]:
    column[rng.choice(num_images, size, replace=False)] = 1.0
  columns[:, -1] = 1.0
  return columns


def _kernel_sums(x, y, weights, *, leave_out_diagonal: bool = False):
  """[len(x), S]: the sum over j of k(x_i, y_j) * weights[j, s]."""
  sums = np.empty((len(x), weights.shape[1]))
  for start in range(0, len(x), _BLOCK):
    rows = np.arange(start, min(start + _BLOCK, len(x)))
    kernel = (x[rows] @ y.T / x.shape[1] + 1.0) ** 3
    if leave_out_diagonal:
      kernel[rows - start, rows] = 0.0
    sums[rows] = kernel @ weights
  return sums


def _mmd(within_a, within_b, across, num_a: int, num_b: int):
  """The unbiased estimate from sums of kernel values."""
  return (
    within_a / (num_a * (num_a - 1))
    + within_b / (num_b * (num_b - 1))
    - 2 * across / (num_a * num_b)
  )


def _deviation(values, size: int, num_a: int, num_b: int) -> float:
  """Over the subsets; without the rounding where all are the same one."""
  if len(values) < 2 or size == num_a == num_b:
    return 0.0
  return float(values.std(ddof=1))


def _jackknife_error(within_a, within_b, across_a, across_b) -> float:
  """Standard error of the estimate of all images, leaving out one at a time.

  Args:
    within_a: [N_a], each image's kernel values with the others of its set.
    within_b: [N_b], likewise.
    across_a: [N_a], each image's kernel values with all of the other set.
    across_b: [N_b], likewise.

  Returns:
    NaN where a set has two images: one without its own is none to estimate
    from.
  """
  num_a, num_b = len(within_a), len(within_b)
  if min(num_a, num_b) < 3:
    return float('nan')
  sum_a, sum_b, across = within_a.sum(), within_b.sum(), across_a.sum()
  # An image's kernel values stand in the sum of its own set twice.
  without_a = _mmd(
    sum_a - 2 * within_a, sum_b, across - across_a, num_a - 1, num_b
  )
  without_b = _mmd(
    sum_a, sum_b - 2 * within_b, across - across_b, num_a, num_b - 1
  )
  variance = sum(
    (len(without) - 1) * without.var() for without in (without_a, without_b)
  )
  return float(np.sqrt(variance))
