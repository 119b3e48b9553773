"""A value for each image, their mean, and how sure it is.

MICV, the border contrast and the change between samples are all such means: an
image has a value where it has enough of what is measured, and none where not.
"""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import scipy.stats

from data_pipeline.errors import InputError

_NUM_RESAMPLES = 9999
_CONFIDENCE = 0.95
_BATCH = 1000  # Resamples at a time: 500 images take 4 MB.


class ImageValue(NamedTuple):
  """What was measured in one image.

  Attributes:
    name: the image.
    value: its value.
    num_items: instances, pairs, ... it was measured on.
  """

  name: str
  value: float
  num_items: int


class ImageMean(NamedTuple):
  """The mean over the images that have a value; each counts alike.

  Attributes:
    value: the mean; NaN without any image.
    low: of the 95% interval, by the bootstrap over images (percentiles of
      9999 resamples); too narrow for a handful of images, NaN with fewer
      than two.
    high: likewise.
    num_images: images with a value.
    num_items: instances, pairs, ... in these images.
    per_image: the images' values, in the order they were measured.
    reason: why `value` is NaN; empty if it is not.
  """

  value: float
  low: float
  high: float
  num_images: int
  num_items: int
  per_image: tuple[ImageValue, ...]
  reason: str


class Ratio(NamedTuple):
  """The ratio of two means over the same images.

  Attributes:
    value: mean of the one over mean of the other, not a mean of ratios.
    low: of the 95% interval, by the bootstrap over images: both sets are
      resampled together. NaN with fewer than two images, or where resamples
      have 0 to compare with.
    high: likewise.
    num_images: images with a value.
    reason: why `value` is NaN; empty if it is not.
  """

  value: float
  low: float
  high: float
  num_images: int
  reason: str


class Meter:
  """Measures image by image and keeps one number for each."""

  def __init__(
    self,
    measure: Callable[..., tuple[float, int] | None],
    what_is_missing: str,
  ):
    """Creates an empty meter.

    Args:
      measure: of the arrays of a scene, the value and the number of items;
        None if the image has none.
      what_is_missing: the reason if no image has a value.
    """
    self._measure = measure
    self._what_is_missing = what_is_missing
    self._names: set[str] = set()
    self._values: list[ImageValue] = []

  def update(self, *arrays: np.ndarray, name: str = '') -> None:
    """Measures one image.

    Args:
      *arrays: of one scene, as the measure takes them: images are uint8
        [H, W, 3], maps are integer [H, W].
      name: the image, the same for real and generated; its number in the
        stream, from 0, if not given.

    Raises:
      InputError: if sizes differ, if an image is not uint8 RGB, or if the
        name was measured already.
    """
    name = name or f'number {len(self._names)}'
    _check(arrays, name)
    if name in self._names:
      raise InputError(
        f'Image {name} comes twice. Give every image a name of its own.'
      )
    self._names.add(name)
    found = self._measure(*arrays)
    if found is not None:
      self._values.append(ImageValue(name, *found))

  def result(self, *, seed: int = 0) -> ImageMean:
    """The mean so far; `seed` is that of the bootstrap."""
    values = np.array([image.value for image in self._values])
    if not len(values):
      nan = float('nan')
      return ImageMean(nan, nan, nan, 0, 0, (), self._what_is_missing)
    return ImageMean(
      float(values.mean()),
      *_interval((values,), np.mean, seed),
      num_images=len(values),
      num_items=sum(image.num_items for image in self._values),
      per_image=tuple(self._values),
      reason='',
    )


def ratio(
  numerator: ImageMean, denominator: ImageMean, *, seed: int = 0
) -> Ratio:
  """The ratio of two means, such as of generated images to the real ones.

  Args:
    numerator: of images with some names.
    denominator: of images with the same names; in any order.
    seed: of the bootstrap.

  Raises:
    InputError: if the images with a value are not the same.
  """
  values = {image.name: image.value for image in numerator.per_image}
  others = {image.name: image.value for image in denominator.per_image}
  if values.keys() != others.keys():
    lone = sorted(values.keys() ^ others.keys())
    raise InputError(
      f'{len(lone)} images were measured in one of the two sets alone, such '
      f'as {lone[0]}. Expected the same images, with the same maps, in both.'
    )
  reason = numerator.reason or denominator.reason
  if not reason and denominator.value == 0:
    reason = 'the value to compare with is 0'
  if reason:
    nan = float('nan')
    return Ratio(nan, nan, nan, numerator.num_images, reason)
  pairs = np.array([(values[name], others[name]) for name in values]).T
  return Ratio(
    numerator.value / denominator.value,
    *_interval(tuple(pairs), _ratio_of_means, seed),
    num_images=numerator.num_images,
    reason='',
  )


def _ratio_of_means(a, b, axis):
  mean = b.mean(axis=axis)
  return np.divide(
    a.mean(axis=axis), mean, out=np.full_like(mean, np.nan), where=mean != 0
  )


def _interval(samples, statistic, seed: int) -> tuple[float, float]:
  """95% of the statistic over resamples of the images."""
  if len(samples[0]) < 2:
    return float('nan'), float('nan')
  with warnings.catch_warnings():
    # Said of resamples whose ratio has 0 below; the interval is then NaN.
    warnings.simplefilter('ignore', scipy.stats.DegenerateDataWarning)
    found = scipy.stats.bootstrap(
      samples,
      statistic,
      paired=True,
      vectorized=True,
      n_resamples=_NUM_RESAMPLES,
      batch=_BATCH,
      confidence_level=_CONFIDENCE,
      method='percentile',
      rng=np.random.default_rng(seed),
    ).confidence_interval
  return float(found.low), float(found.high)


def _check(arrays: tuple[np.ndarray, ...], name: str) -> None:
  sizes = [array.shape[:2] for array in arrays]
  if len(set(sizes)) > 1:
    raise InputError(
      f'Image {name}: its images and maps have the sizes '
      f'{", ".join(f"{h} x {w}" for h, w in sizes)} (height x width). Expected '
      'one size; resize the image to its maps first.'
    )
  for array in arrays:
    is_image = array.ndim == 3
    if is_image and (array.dtype != np.uint8 or array.shape[2] != 3):
      raise InputError(
        f'Image {name}: the image is {array.dtype} with {array.shape[2]} '
        'channels, expected uint8 with 3. Convert it to 8-bit RGB.'
      )
