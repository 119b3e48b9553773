"""Objects as centers and offsets to them, and back (arXiv:1911.10194).

Panoptic-DeepLab says of an image where the centers of its objects are, and of
each pixel where the center of its own object is; a pixel belongs to the center
that is nearest to where it points. Here labels are known, and a pixel goes to
the nearest center of its own class. So a center is not the mean of its object
but the pixel of the object that is nearest to it: its class is the label there,
and two objects never have one center.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage, spatial

from data_pipeline import batch, instances

# Standard deviation of the heat around a center, in pixels of an image as high
# as 1024 (Panoptic-DeepLab's for Cityscapes), and the distance within which the
# hottest pixel is the only center (its window of 7).
_SIGMA_AT_1024 = 8.0
_RADIUS_AT_1024 = 3.0
# Of the heat, from which on a pixel can be a center.
THRESHOLD = 0.1
# Classes are that far apart where nearest centers are looked for.
_APART = 1e6

HEAT = 'heat'
OFFSETS = 'offsets'
IS_OBJECT = 'is_object'


class Targets(NamedTuple):
  """What a network has to find in one image.

  Attributes:
    heat: float32 [H, W], 1 at centers, a Gaussian around them.
    offsets: float32 [H, W, 2], rows and columns to the own center, in units of
      `sigma`.
    is_object: bool [H, W], where the others count; 0 elsewhere.
  """

  heat: np.ndarray
  offsets: np.ndarray
  is_object: np.ndarray


class Centers(NamedTuple):
  """Centers of objects, the surest first.

  Attributes:
    points: float [N, 2], row and column, in pixels.
    labels: int [N], the class of each.
    confidences: float [N], 0 to 1.
  """

  points: np.ndarray
  labels: np.ndarray
  confidences: np.ndarray


def sigma(height: int) -> float:
  """The standard deviation of the heat of a center, in pixels."""
  return max(1.0, _SIGMA_AT_1024 * height / 1024)


def true_centers(label_map: np.ndarray, instance_map: np.ndarray) -> Centers:
  """The centers of the objects of a map, in the order of their ids.

  Args:
    label_map: integer [H, W].
    instance_map: integer [H, W], 0 for no object.
  """
  points, number = _objects(instance_map)
  areas = np.bincount(number)
  sums = [np.bincount(number, axis) for axis in points.T]
  means = np.stack(sums, -1) / areas[:, None]
  distances = np.sum((points - means[number]) ** 2, -1)
  by_object = np.lexsort((distances, number))
  nearest = by_object[np.cumsum(areas) - areas]
  return Centers(
    points[nearest].astype(float),
    label_map[tuple(points[nearest].T)].astype(int),
    np.ones(len(areas)),
  )


def targets(label_map: np.ndarray, instance_map: np.ndarray) -> Targets:
  """The heat and the offsets of known objects.

  Args:
    label_map: integer [H, W].
    instance_map: dense ids [H, W], 0 for no object: stuff, and groups, of which
      nothing is to be learned.
  """
  shape, unit = label_map.shape, sigma(len(label_map))
  heat = np.zeros(shape, np.float32)
  offsets = np.zeros((*shape, 2), np.float32)
  is_object = instance_map > 0
  if is_object.any():
    centers = true_centers(label_map, instance_map)
    points, number = _objects(instance_map)
    offsets[is_object] = (centers.points[number] - points) / unit
    distances, _ = _nearest(points, label_map[is_object], centers)
    heat[is_object] = np.exp(-0.5 * (distances / unit) ** 2)
  return Targets(heat, offsets, is_object)


def peaks(
  label_map: np.ndarray,
  heat: np.ndarray,
  is_thing: np.ndarray,
  *,
  max_centers: int = batch.MAX_INSTANCES,
) -> Centers:
  """Where the heat has a maximum inside a class.

  The hottest pixel of a class is a center even below `THRESHOLD`: where there
  is a class, there is an object of it.

  Args:
    label_map: integer [H, W].
    heat: float [H, W], 0 to 1.
    is_thing: bool [256], of each label id.
    max_centers: the hottest ones.
  """
  size = 2 * max(1, round(_RADIUS_AT_1024 * len(heat) / 1024)) + 1
  is_peak = np.zeros(heat.shape, bool)
  for label in np.unique(label_map[is_thing[label_map]]):
    own = np.where(label_map == label, heat, -1.0)
    highest = own == ndimage.maximum_filter(own, size)
    is_peak |= (highest & (own >= THRESHOLD)) | (own == own.max())
  points = np.argwhere(is_peak)
  hottest = np.argsort(-heat[is_peak], kind='stable')[:max_centers]
  place = tuple(points[hottest].T)
  return Centers(
    points[hottest].astype(float), label_map[place].astype(int), heat[place]
  )


def group(
  label_map: np.ndarray,
  offsets: np.ndarray,
  centers: Centers,
  is_thing: np.ndarray,
) -> np.ndarray:
  """Gives each pixel of a thing to the nearest center of its class.

  Args:
    label_map: integer [H, W]; may be larger than the maps that the network saw.
    offsets: float [h, w, 2], in units of `sigma`.
    centers: in pixels of `offsets`.
    is_thing: bool [256], of each label id.

  Returns:
    int [H, W], the number of the center, from 1 on; 0 for stuff, and where the
    class has no center.
  """
  height, width = label_map.shape
  pixels = np.argwhere(is_thing[label_map])
  # The pixel of the smaller map whose area has this one's middle in it.
  scale = np.array(offsets.shape[:2]) / (height, width)
  seen = ((pixels + 0.5) * scale).astype(int)
  votes = seen + offsets[tuple(seen.T)] * sigma(len(offsets))
  place = tuple(pixels.T)
  _, number = _nearest(votes, label_map[place], centers)
  grouped = np.zeros(label_map.shape, int)
  grouped[place] = (number + 1) % (len(centers.points) + 1)
  return grouped


def instance_ids(
  label_map: np.ndarray,
  grouped: np.ndarray,
  centers: Centers,
  min_confidence: float,
) -> np.ndarray:
  """The ids of grouped objects; those that are not sure are groups.

  Args:
    label_map: integer [H, W].
    grouped: of `group`.
    centers: of the objects.
    min_confidence: below it, an object's pixels have their label alone.

  Returns:
    int32 [H, W]: label * 1000 + k, k from 0 on in each class, or the label.
  """
  rank = np.zeros(len(centers.labels), int)
  for label in np.unique(centers.labels):
    of_label = centers.labels == label
    rank[of_label] = np.arange(of_label.sum())
  ids = centers.labels * instances.FIRST_THING_ID + rank
  ids = np.where(centers.confidences >= min_confidence, ids, 0)
  found = np.concatenate([[0], ids])[grouped]
  return np.where(found, found, label_map).astype(np.int32)


def _objects(instance_map: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
  """The pixels of all objects [P, 2], and the number from 0 on of each's."""
  points = np.argwhere(instance_map)
  ids = instance_map[tuple(points.T)]
  return points, np.unique(ids, return_inverse=True)[1]


def _nearest(
  points: np.ndarray, labels: np.ndarray, centers: Centers
) -> tuple[np.ndarray, np.ndarray]:
  """Distance to the nearest center of the same class, and its number.

  Without one the distance is infinite, the number that of all centers.
  """
  if not len(centers.points):
    return np.full(len(points), np.inf), np.zeros(len(points), int)
  tree = spatial.cKDTree(_with_class(centers.points, centers.labels))
  return tree.query(
    _with_class(points, labels), distance_upper_bound=_APART / 2
  )


def _with_class(points: np.ndarray, labels: np.ndarray) -> np.ndarray:
  """Row, column and class as coordinates."""
  return np.column_stack([points, labels * _APART])
