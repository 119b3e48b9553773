"""MICV: how much the instances of a class differ in colour (equation 3)."""

from typing import NamedTuple

import numpy as np


class Micv(NamedTuple):
  """Mean Instance Color Variation over images.

  Attributes:
    value: mean over images of the deviation of the instances' mean colours,
      colours in [0, 1], averaged over R, G, B; NaN without any image.
    num_images: images with at least two instances of the class.
    num_instances: instances in those images.
  """

  value: float
  num_images: int
  num_instances: int


def instance_color_variation(
  image: np.ndarray, label_map: np.ndarray, instance_map: np.ndarray, label: int
) -> tuple[float, int] | None:
  """ICV of one image and class.

  Args:
    image: uint8 [H, W, 3].
    label_map: [H, W], label ids.
    instance_map: [H, W], dense ids, 0 for none.
    label: the class.

  Returns:
    The population standard deviation over instances of their mean colour,
    averaged over the channels, and the number of instances; None where there
    are fewer than two.
  """
  inside = (label_map == label) & (instance_map > 0)
  ids, rows = np.unique(instance_map[inside], return_inverse=True)
  if len(ids) < 2:
    return None
  areas = np.bincount(rows)
  colors = image[inside].astype(np.float64) / 255.0
  means = np.stack(
    [np.bincount(rows, colors[:, channel]) / areas for channel in range(3)], -1
  )
  return float(means.std(axis=0).mean()), len(ids)


def micv(images, label_maps, instance_maps, *, label: int) -> Micv:
  """MICV of a class over images, each as `instance_color_variation` takes."""
  found = [
    variation
    for scene in zip(images, label_maps, instance_maps, strict=True)
    if (variation := instance_color_variation(*scene, label)) is not None
  ]
  if not found:
    return Micv(float('nan'), 0, 0)
  values, counts = zip(*found, strict=True)
  return Micv(float(np.mean(values)), len(values), sum(counts))
