"""Mean and covariance of image features, streamed, in float64."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError


class FeatureStatistics(NamedTuple):
  """What a Frechet distance needs to know of a set of feature vectors.

  The covariance itself is not kept but a root of it: of few images it is the
  centred features, a small matrix, and no covariance of rank N - 1 has to be
  taken apart again.

  Attributes:
    count: number of vectors.
    mean: float64 [D].
    scatter_root: float64 [R, D], R <= D, with scatter_root.T @
      scatter_root the sum of (x - mean)(x - mean)^T over the vectors.
  """

  count: int
  mean: np.ndarray
  scatter_root: np.ndarray

  @property
  def covariance(self) -> np.ndarray:
    """float64 [D, D], divided by count - 1 (numpy.cov's, ddof 1)."""
    return self.scatter_root.T @ self.scatter_root / (self.count - 1)


def merge(a: FeatureStatistics, b: FeatureStatistics) -> FeatureStatistics:
  """The statistics of two sets together (Chan, Golub, LeVeque 1979)."""
  count = a.count + b.count
  step = b.mean - a.mean
  between = np.sqrt(a.count * b.count / count) * step
  return FeatureStatistics(
    count,
    a.mean + step * (b.count / count),
    _compress(np.concatenate([a.scatter_root, b.scatter_root, between[None]])),
  )


class Moments:
  """Gathers features batch by batch; the batches' sizes change nothing.

  Keeps at most D vectors and a [D, D] matrix.
  """

  def __init__(self):
    self._count = 0
    self._pending: np.ndarray | None = None  # float64 [D, D], a full chunk.
    self._num_pending = 0
    self._folded: FeatureStatistics | None = None

  def update(
    self, features: np.ndarray, names: Sequence[str] | None = None
  ) -> None:
    """Adds a batch.

    Args:
      features: float [B, D].
      names: the images' names, for messages; their numbers in the stream,
        from 0, if not given.

    Raises:
      InputError: naming the image, if a feature is not finite.
      ValueError: if D changes.
    """
    features = np.asarray(features, np.float64)
    check_finite(features, names, first=self._count)
    if self._pending is None:
      self._pending = np.empty((features.shape[1],) * 2)
    size = len(self._pending)
    if features.shape[1] != size:
      raise ValueError(
        f'features must be [B, {size}] as before, got {features.shape}.'
      )
    self._count += len(features)
    while len(features):
      taken = features[: size - self._num_pending]
      stop = self._num_pending + len(taken)
      self._pending[self._num_pending : stop] = taken
      self._num_pending = stop
      features = features[len(taken) :]
      if self._num_pending == size:
        self._folded = self._all()
        self._num_pending = 0

  def statistics(self) -> FeatureStatistics:
    """The statistics of all vectors so far.

    Raises:
      InputError: if there are fewer than two, which have no covariance.
    """
    if self._count < 2:
      raise InputError(
        f'A distance between sets of images needs at least 2 images in each, '
        f'got {self._count}. Give more images.'
      )
    return self._all()

  def _all(self) -> FeatureStatistics:
    if not self._num_pending:
      return self._folded
    pending = self._pending[: self._num_pending]
    mean = pending.mean(axis=0)
    new = FeatureStatistics(self._num_pending, mean, pending - mean)
    return new if self._folded is None else merge(self._folded, new)


def of_features(features: np.ndarray) -> FeatureStatistics:
  """The statistics of float [N, D] at once; raises as `Moments` does."""
  moments = Moments()
  moments.update(features)
  return moments.statistics()


def check_finite(
  features: np.ndarray, names: Sequence[str] | None = None, *, first: int = 0
) -> None:
  """Refuses float [B, D] with NaN or infinity, naming the first such image.

  Raises:
    InputError: as said.
  """
  bad = np.flatnonzero(~np.isfinite(features).all(axis=1))
  if not len(bad):
    return
  name = f'number {first + bad[0]}' if names is None else names[bad[0]]
  raise InputError(
    f'Image {name}: its features are not finite ({len(bad)} of '
    f'{len(features)} images in this batch). Expected finite numbers; look at '
    'the image, and at the weights of the network that made the features.'
  )


def _compress(root: np.ndarray) -> np.ndarray:
  """The same scatter in at most D rows: R of a QR decomposition."""
  if len(root) <= root.shape[1]:
    return root
  return np.linalg.qr(root, mode='r')
