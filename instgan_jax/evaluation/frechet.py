"""Frechet distance between two sets of image features, without square roots.

The distance of two Gaussians (Dowson and Landau 1982; FID of Heusel et al.,
arXiv:1706.08500, eq. 6, when the features are Inception's pool3) is

  |m_a - m_b|^2 + Tr S_a + Tr S_b - 2 Tr (S_a S_b)^(1/2).

With S = A^T A / (N - 1) the last trace is the sum of the singular values (the
nuclear norm) of A_a A_b^T / sqrt((N_a - 1)(N_b - 1)): the eigenvalues of
S_a S_b are their squares. A has as many rows as there are images, or as many
as features where these are fewer, so 500 images of 2048 features take a
fraction of a second where a matrix square root takes a minute, and nothing
has to be added to singular covariances.
"""

from typing import NamedTuple

import numpy as np
import scipy.linalg

from data_pipeline.errors import InputError
from instgan_jax.evaluation import moments


class FrechetDistance(NamedTuple):
  """A Frechet distance and the sizes of the two sets.

  Attributes:
    value: in squared units of the features; 0 for equal statistics. Fewer
      images than features bias it upward by tens of points: compare values
      of equal sizes only, and see `floor`.
    num_a: images of the first set.
    num_b: images of the second set.
  """

  value: float
  num_a: int
  num_b: int


def distance(
  a: moments.FeatureStatistics, b: moments.FeatureStatistics
) -> FrechetDistance:
  """The Frechet distance between two sets.

  Args:
    a: statistics of one set.
    b: of another, of features of the same network.

  Raises:
    InputError: if the features differ in number.
  """
  if a.mean.shape != b.mean.shape:
    raise InputError(
      f'The sets have {a.mean.size} and {b.mean.size} features an image: they '
      'come from different networks. Compute both with the same one.'
    )
  root_a = a.scatter_root / np.sqrt(a.num_vectors - 1)
  root_b = b.scatter_root / np.sqrt(b.num_vectors - 1)
  value = (
    np.sum((a.mean - b.mean) ** 2)
    + np.sum(root_a**2)
    + np.sum(root_b**2)
    - 2 * scipy.linalg.svdvals(root_a @ root_b.T).sum()
  )
  # Rounding alone can make it negative.
  return FrechetDistance(max(float(value), 0.0), a.num_vectors, b.num_vectors)


def floor(features: np.ndarray, *, seed: int = 0) -> FrechetDistance:
  """The distance of real images from real ones: two random halves of a set.

  A generator that samples from the distribution of the real images would get
  about this value with sets as small as the halves, and a lower one with
  larger sets.

  Args:
    features: float [N, D] of the real images.
    seed: of the split.

  Raises:
    InputError: if there are fewer than four images, or if features are not
      finite.
  """
  if len(features) < 4:
    raise InputError(
      'The floor of a Frechet distance needs at least 4 images, 2 in each '
      f'half, got {len(features)}. Give more images.'
    )
  shuffled = np.random.default_rng(seed).permutation(len(features))
  halves = np.array_split(np.asarray(features)[shuffled], 2)
  return distance(*(moments.of_features(half) for half in halves))
