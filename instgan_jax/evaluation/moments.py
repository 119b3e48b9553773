"""Mean and covariance of image features, in float64."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError


class FeatureStatistics(NamedTuple):
  """What a Frechet distance needs to know of a set of feature vectors.

  The covariance itself is not kept but a root of it: of few images it is the
  centered features, a small matrix, and no covariance of rank N - 1 has to be
  factored again.

  Attributes:
    num_vectors: how many there are.
    mean: float64 [D].
    scatter_root: float64 [R, D], R <= D, with scatter_root.T @
      scatter_root the sum of (x - mean)(x - mean)^T over the vectors.
  """

  num_vectors: int
  mean: np.ndarray
  scatter_root: np.ndarray


def of_features(features: np.ndarray) -> FeatureStatistics:
  """The statistics of float [N, D].

  Raises:
    InputError: if there are fewer than two vectors, which have no covariance,
      or if they are not finite.
  """
  if len(features) < 2:
    raise InputError(
      'A distance between sets of images needs at least 2 images in each, got '
      f'{len(features)}. Give more images.'
    )
  features = np.asarray(features, np.float64)
  check_finite(features)
  mean = features.mean(axis=0)
  root = features - mean
  if len(root) > root.shape[1]:  # R of a QR decomposition has the same scatter.
    root = np.linalg.qr(root, mode='r')
  return FeatureStatistics(len(features), mean, root)


def check_finite(
  features: np.ndarray, names: Sequence[str] | None = None
) -> None:
  """Refuses float [B, D] with NaN or infinity, naming the first such image.

  Args:
    features: of the images.
    names: of the images; their numbers from 0 if not given.

  Raises:
    InputError: if a feature is not finite.
  """
  bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
  if not len(bad):
    return
  name = f'number {bad[0]}' if names is None else names[bad[0]]
  raise InputError(
    f'Image {name}: its features are not finite ({len(bad)} of '
    f'{len(features)} images in this batch). Expected finite numbers; check '
    'the image, and the weights of the network that made the features.'
  )
