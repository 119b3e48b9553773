"""MICV: how much the instances of a class differ in color (equation 3)."""

import numpy as np

from data_pipeline import labels
from instgan_jax.evaluation import image_mean


def instance_color_variation(
  image: np.ndarray,
  label_map: np.ndarray,
  instance_map: np.ndarray,
  label: int,
  *,
  min_area: int = 0,
) -> tuple[float, int] | None:
  """ICV of one image and class.

  Args:
    image: uint8 [H, W, 3].
    label_map: [H, W], label ids.
    instance_map: [H, W], dense ids, 0 for none.
    label: the class.
    min_area: pixels that an instance must have at least to be counted. The
      paper has no such rule (0), though the mean of a few pixels says little
      of an instance's color.

  Returns:
    The population standard deviation over instances of their mean color,
    colors in [0, 1], averaged over the channels, and the number of
    instances; None where there are fewer than two.
  """
  inside = (label_map == label) & (instance_map > 0)
  _, rows = np.unique(instance_map[inside], return_inverse=True)
  areas = np.bincount(rows)
  is_counted = areas >= min_area
  if is_counted.sum() < 2:
    return None
  colors = image[inside].astype(np.float64) / 255.0
  means = np.stack(
    [np.bincount(rows, colors[:, channel]) / areas for channel in range(3)], -1
  )[is_counted]
  return float(means.std(axis=0).mean()), len(means)


def meter(label: labels.Label, *, min_area: int = 0) -> image_mean.Meter:
  """A meter of MICV, the mean of ICV over the images that have one.

  `update` takes image, label_map and instance_map. In the result the items
  are the instances of these images.

  Args:
    label: the class.
    min_area: see `instance_color_variation`.
  """

  def measure(image, label_map, instance_map):
    return instance_color_variation(
      image, label_map, instance_map, label.id, min_area=min_area
    )

  size = f' of at least {min_area} pixels' if min_area else ''
  return image_mean.Meter(
    measure,
    f'no image has two instances of {label.name!r}{size}',
  )


def micv(
  images, label_maps, instance_maps, *, label: labels.Label, min_area: int = 0
) -> image_mean.ImageMean:
  """MICV of a class over images, each as `instance_color_variation` takes."""
  measured = meter(label, min_area=min_area)
  for scene in zip(images, label_maps, instance_maps, strict=True):
    measured.update(*scene)
  return measured.result()
