"""Features of real images, kept in a file by the images' hashes.

Each network and protocol (resize mode, hash of the weights, ...) has a file
(.npz) of its own. An image whose hash is in it does not pass through the
network again, whatever data set, split or number of images it is part of.
"""

import hashlib
import json
import os
import pathlib
from collections.abc import Callable, Sequence

import numpy as np

from data_pipeline import atomic_file, npz
from data_pipeline.errors import InputError

_FORMAT = 'instgan_jax features 1'


class FeatureCache:
  """Computes features of images that are not in the file yet."""

  def __init__(
    self,
    folder: str | os.PathLike[str],
    extract: Callable[[np.ndarray], np.ndarray],
    protocol: dict,
  ):
    """Opens the file of a protocol in `folder`, which is made if missing.

    Args:
      folder: of the files.
      extract: uint8 [B, H, W, 3] -> float32 [B, D].
      protocol: all that the features depend on but the images, JSON values.

    Raises:
      InputError: if the file cannot be read.
    """
    self._extract = extract
    self._description = json.dumps(protocol, sort_keys=True)
    key = hashlib.sha256(self._description.encode()).hexdigest()
    self._path = pathlib.Path(folder) / f'{key[:32]}.npz'
    self._features: dict[str, np.ndarray] = {}
    self._is_saved = True
    if self._path.exists():
      self._features = _load(self._path, self._description)

  def features(self, images: np.ndarray, hashes: Sequence[str]) -> np.ndarray:
    """The features of images: float32 [B, D].

    Args:
      images: uint8 [B, H, W, 3].
      hashes: of the images.
    """
    missing = [i for i, h in enumerate(hashes) if h not in self._features]
    if missing:
      computed = self._extract(images[missing])
      for i, row in zip(missing, computed, strict=True):
        self._features[hashes[i]] = row
      self._is_saved = False
    return np.stack([self._features[h] for h in hashes])

  def save(self) -> None:
    """Writes the file, if there is something new."""
    if self._is_saved:
      return
    with (
      atomic_file.replacing(self._path, is_shared=True) as partial,
      open(partial, 'wb') as file,
    ):
      np.savez(
        file,
        format=_FORMAT,
        description=self._description,
        hashes=np.array(list(self._features)),
        features=np.stack(list(self._features.values())),
      )
    self._is_saved = True


def _load(path: pathlib.Path, description: str) -> dict[str, np.ndarray]:
  try:
    file = npz.load(path)
    if str(file['format']) != _FORMAT:
      raise ValueError(f'its format is {str(file["format"])!r}')
    if str(file['description']) != description:
      raise ValueError('it is of another protocol than its name says')
    hashes, features = file['hashes'], file['features']
    if features.ndim != 2 or len(features) != len(hashes):
      raise ValueError(f'{len(hashes)} hashes, features {features.shape}')
    return dict(zip(map(str, hashes), features, strict=True))
  except (npz.NpzError, KeyError, TypeError, ValueError) as error:
    raise InputError(
      f'{path}: cannot be read ({error}). Expected features of real images '
      'that this program wrote; delete the file, and they are computed again.'
    ) from error
