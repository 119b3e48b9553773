"""Statistics of the real images, kept in a file with their protocol.

The file (.npz) holds the arrays of `moments.FeatureStatistics`, the features
themselves where KID is to be measured, and, as JSON, what they were made of:
the protocol (split, size, resize mode, hash of the weights, ...) and the hash
of the content. A file is used again only if all of that is equal.
"""

import hashlib
import json
import os
import pathlib
import zipfile
import zlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.evaluation import moments

_FORMAT = 'instgan_jax reference statistics 1'
_ARRAYS = ('format', 'count', 'mean', 'scatter_root', 'features', 'description')


class Reference(NamedTuple):
  """Statistics of a set of images, and what they are statistics of.

  Attributes:
    statistics: mean and scatter of the features.
    features: float32 [N, D], for KID and for the floor; None if not kept.
    protocol: what tells one way to measure from another, in values that JSON
      keeps: split, size, resize mode, hash of the weights, ...
    content_hash: of the images themselves.
  """

  statistics: moments.FeatureStatistics
  features: np.ndarray | None
  protocol: dict
  content_hash: str


def of_features(
  features: np.ndarray, *, protocol: dict, content_hash: str
) -> Reference:
  """A reference that keeps its features.

  Args:
    features: float [N, D].
    protocol: see `Reference`.
    content_hash: see `Reference`.

  Raises:
    InputError: as `moments.Moments`.
  """
  return Reference(
    moments.of_features(features),
    np.asarray(features, np.float32),
    protocol,
    content_hash,
  )


def load_or_compute(
  folder: str | os.PathLike[str],
  compute: Callable[[], np.ndarray],
  *,
  protocol: dict,
  content_hash: str,
) -> Reference:
  """The reference kept in `folder`, or a new one, which is then kept there.

  Args:
    folder: is made if it is missing.
    compute: gives the features, float [N, D].
    protocol: see `Reference`.
    content_hash: see `Reference`.

  Raises:
    InputError: if the file cannot be used, see `load`.
  """
  key = hashlib.sha256(_describe(protocol, content_hash).encode()).hexdigest()
  path = pathlib.Path(folder) / f'{key[:32]}.npz'
  if path.exists():
    reference = load(path)
    if _describe(reference.protocol, reference.content_hash) != _describe(
      protocol, content_hash
    ):
      raise InputError(
        f'{path}: holds statistics of other images or of another protocol '
        'than its name says. Delete it: it is computed again.'
      )
    return reference
  reference = of_features(
    compute(), protocol=protocol, content_hash=content_hash
  )
  save(path, reference)
  return reference


def save(path: str | os.PathLike[str], reference: Reference) -> None:
  """Writes `reference` to `path`, complete or not at all."""
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  features = reference.features
  # Processes that compute the same statistics do not write one file.
  partial = path.with_suffix(f'.{os.getpid()}.partial')
  with open(partial, 'wb') as file:
    np.savez(
      file,
      format=_FORMAT,
      count=reference.statistics.count,
      mean=reference.statistics.mean,
      scatter_root=reference.statistics.scatter_root,
      features=np.zeros((0, 0), np.float32) if features is None else features,
      description=_describe(reference.protocol, reference.content_hash),
    )
  os.replace(partial, path)


def load(path: str | os.PathLike[str]) -> Reference:
  """Reads what `save` wrote.

  Raises:
    InputError: naming the file, if it is missing, damaged, or no such file.
  """
  arrays = _read(pathlib.Path(path))
  statistics = moments.FeatureStatistics(
    int(arrays['count']), arrays['mean'], arrays['scatter_root']
  )
  features = arrays['features'] if arrays['features'].size else None
  _check(path, statistics, features)
  description = json.loads(str(arrays['description']))
  return Reference(
    statistics,
    features,
    description['protocol'],
    description['content_hash'],
  )


def _describe(protocol: dict, content_hash: str) -> str:
  return json.dumps(
    {'protocol': protocol, 'content_hash': content_hash}, sort_keys=True
  )


def _read(path: pathlib.Path) -> dict[str, np.ndarray]:
  try:
    # Opened here: over a damaged file numpy forgets to close its own.
    with open(path, 'rb') as stream, np.load(stream) as file:
      if 'format' not in file or str(file['format']) != _FORMAT:
        raise InputError(
          f'{path}: these are no reference statistics of this program. '
          'Expected a file that it wrote itself (pytorch-fid and clean-fid '
          'have others); delete it, or name another one.'
        )
      return {name: file[name] for name in _ARRAYS}
  except InputError:
    raise
  except (
    # What numpy and zipfile raise over damaged files; a lone .npy file has no
    # context to enter.
    OSError,
    EOFError,
    KeyError,
    TypeError,
    ValueError,
    AttributeError,
    zipfile.BadZipFile,
    zlib.error,
  ) as error:
    raise InputError(
      f'{path}: cannot be read ({error}). Expected reference statistics; '
      'delete the file, and it is computed again.'
    ) from error


def _check(path, statistics: moments.FeatureStatistics, features) -> None:
  count, mean, root = statistics
  arrays = [mean, root] if features is None else [mean, root, features]
  fits = (
    count >= 2
    and mean.ndim == 1
    and root.ndim == 2
    and root.shape[1:] == mean.shape
    and (features is None or features.shape == (count, *mean.shape))
    and all(np.isfinite(array).all() for array in arrays)
  )
  if not fits:
    raise InputError(
      f'{path}: its arrays do not fit each other: {count} images, shapes '
      f'{[array.shape for array in arrays]}, or values that are not finite. '
      'Delete the file, and it is computed again.'
    )
