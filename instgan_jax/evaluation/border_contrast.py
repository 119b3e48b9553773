"""Border contrast: are two touching instances of a class told apart?

MICV compares instances wherever they are in the image. This measures where
labels alone cannot tell one object from the next: at the border between two
instances of one class, which a generator without instance maps paints over.

Definition, for a class and an image:

- Two instances of the class touch if a pixel of the one is a 4-neighbor (left,
  right, above, below) of a pixel of the other.
- Their bands: the pixels of each instance that are within 2 pixels of the
  other instance, counted in steps from 4-neighbor to 4-neighbor (|dx| + |dy|
  <= 2), whatever lies between. A pixel may be in the bands of several pairs.
- The contrast of the pair is the absolute difference of the mean colors of
  its two bands, colors in [0, 1], averaged over R, G, B.
- The contrast of the image is the mean over its pairs; each pair counts once
  and alike, however long its border is. An image without a pair has none.

The border contrast is the mean over images, as in MICV. Real images have some
of it for other reasons too (shading, depth), so read it as a ratio to theirs
(`image_mean.ratio`): 1 means that instances are as separate as real ones.
"""

import numpy as np

from data_pipeline import labels
from instgan_jax.evaluation import image_mean

BAND_WIDTH = 2  # Pixels.


def image_border_contrast(
  image: np.ndarray,
  label_map: np.ndarray,
  instance_map: np.ndarray,
  label: int,
  *,
  band_width: int = BAND_WIDTH,
) -> tuple[float, int] | None:
  """The contrast of one image and class.

  Args:
    image: uint8 [H, W, 3].
    label_map: [H, W], label ids.
    instance_map: [H, W], dense ids, 0 for none.
    label: the class.
    band_width: pixels.

  Returns:
    The mean contrast and the number of touching pairs; None where no two
    instances touch.
  """
  ids = np.where(label_map == label, instance_map, 0).astype(np.int64)
  num_ids = int(ids.max()) + 1
  pixels, others = _neighbors(ids, _half_offsets(1))
  # Each pair once; the other way round it is the same one.
  first, second = np.divmod(
    np.unique(_band(ids, pixels, others, num_ids)), num_ids
  )
  first, second = first[first < second], second[first < second]
  if not len(first):
    return None
  bands, means = _band_colors(image, ids, band_width, num_ids)
  one = np.searchsorted(bands, first * num_ids + second)
  other = np.searchsorted(bands, second * num_ids + first)
  contrasts = np.abs(means[one] - means[other]).mean(axis=-1)
  return float(contrasts.mean()), len(contrasts)


def meter(label: labels.Label) -> image_mean.Meter:
  """A meter of the border contrast.

  `update` takes image, label_map and instance_map. In the result the items
  are the touching pairs of instances.

  Args:
    label: the class.
  """

  def measure(image, label_map, instance_map):
    return image_border_contrast(image, label_map, instance_map, label.id)

  return image_mean.Meter(
    measure, f'no image has two instances of {label.name!r} that touch'
  )


def _half_offsets(width: int) -> list[tuple[int, int]]:
  """(dy, dx) within `width` steps, one of each two that are opposite."""
  return [
    (dy, dx)
    for dy in range(width + 1)
    for dx in range(-width, width + 1)
    if 0 < dy + abs(dx) <= width and (dy, dx) > (0, 0)
  ]


def _neighbors(ids: np.ndarray, offsets) -> tuple[np.ndarray, np.ndarray]:
  """Pixels with another instance at an offset or opposite to it.

  Returns:
    int64 [N], the pixels' indices in the flat map, and int64 [N], the other
    instance; one entry for each offset.
  """
  height, width = ids.shape
  flat = ids.ravel()
  pixels, others = [], []
  for dy, dx in offsets:
    left = max(0, -dx)
    right = max(left, width - max(0, dx))
    here = ids[: max(0, height - dy), left:right]
    there = ids[dy:, left + dx : right + dx]
    rows, columns = np.nonzero((here != there) & (here > 0) & (there > 0))
    at_here = rows * width + columns + left
    at_there = at_here + dy * width + dx
    pixels += [at_here, at_there]
    others += [flat[at_there], flat[at_here]]
  return np.concatenate(pixels), np.concatenate(others)


def _band_colors(image, ids, band_width: int, num_ids: int):
  """All bands, sorted int64 [B], and float64 [B, 3], their mean colors."""
  pixels, others = _neighbors(ids, _half_offsets(band_width))
  # A pixel may have the other instance on several sides, and counts once.
  pixels, others = np.divmod(np.unique(pixels * num_ids + others), num_ids)
  bands, rows = np.unique(
    _band(ids, pixels, others, num_ids), return_inverse=True
  )
  areas = np.bincount(rows)
  colors = image.reshape(-1, 3)[pixels] / 255.0
  means = [np.bincount(rows, colors[:, i]) / areas for i in range(3)]
  return bands, np.stack(means, axis=-1)


def _band(ids, pixels, others, num_ids: int) -> np.ndarray:
  """A number for the band of the pixels' instances toward the others."""
  return ids.ravel()[pixels] * num_ids + others
