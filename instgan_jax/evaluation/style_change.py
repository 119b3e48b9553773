"""The change between two samples of the instance styles, and where it is."""

import numpy as np

from data_pipeline import labels
from instgan_jax.evaluation import image_mean


def instance_meter(label: labels.Label) -> image_mean.Meter:
  """A meter of the change of instances between two samples.

  The change of an instance is the mean absolute difference over its own
  pixels and R, G, B, colors in [0, 1]; that of an image is the mean over its
  instances of the class, large and small alike. 0 means the latent is ignored.

  `update` takes first, second, label_map and instance_map. In the result the
  items are the instances.

  Args:
    label: the class.
  """

  def measure(first, second, label_map, instance_map):
    inside = (label_map == label.id) & (instance_map > 0)
    if not inside.any():
      return None
    _, rows = np.unique(instance_map[inside], return_inverse=True)
    change = np.bincount(rows, _change(first[inside], second[inside]))
    changes_per_instance = change / np.bincount(rows)
    return float(changes_per_instance.mean()), len(changes_per_instance)

  return image_mean.Meter(
    measure, f'no image has an instance of {label.name!r}'
  )


def outside_meter() -> image_mean.Meter:
  """A meter of the change outside of every instance, to read beside it.

  The value of an image is the mean absolute difference over the pixels that
  are in no instance of any class; 0 means the styles stay where they belong.
  `update` takes what that of `instance_meter` takes. In the result the items
  are the pixels.
  """

  def measure(first, second, label_map, instance_map):
    del label_map
    outside = instance_map == 0
    if not outside.any():
      return None
    change = _change(first[outside], second[outside])
    return float(change.mean()), len(change)

  return image_mean.Meter(measure, 'every pixel is in an instance')


def _change(first: np.ndarray, second: np.ndarray) -> np.ndarray:
  """float64 [...]: mean absolute difference of uint8 [..., 3], in [0, 1]."""
  return np.abs(first.astype(np.float64) - second).mean(axis=-1) / 255.0
