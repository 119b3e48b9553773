"""What changes between two draws of the instance styles, and where."""

from typing import NamedTuple

import numpy as np

from data_pipeline import labels
from instgan_jax.evaluation import image_mean


class DrawChange(NamedTuple):
  """Mean absolute difference of two draws, colours in [0, 1].

  Attributes:
    inside: over the pixels inside instances; 0 means the latents are ignored.
    outside: over all other pixels; 0 means the styles stay where they belong.
  """

  inside: float
  outside: float

  @property
  def ratio(self) -> float:
    """How many times larger the change inside is."""
    return self.inside / max(self.outside, 1e-12)


def draw_change(
  draw_a: np.ndarray, draw_b: np.ndarray, instance_maps: np.ndarray
) -> DrawChange:
  """Compares two draws of the same scenes.

  Args:
    draw_a: uint8 [N, H, W, 3].
    draw_b: uint8 [N, H, W, 3].
    instance_maps: [N, H, W], 0 outside every instance.

  Returns:
    The mean change inside and outside; NaN where there is no such pixel.
  """
  change = _change(draw_a, draw_b)
  inside = instance_maps > 0
  return DrawChange(
    inside=float(change[inside].mean()) if inside.any() else float('nan'),
    outside=float(change[~inside].mean()) if not inside.all() else float('nan'),
  )


def instance_meter(label: int) -> image_mean.Meter:
  """A meter of the distance between two draws of the same instance.

  The distance of an instance is the mean absolute difference over its own
  pixels and R, G, B, colours in [0, 1]; that of an image is the mean over its
  instances of the class, large and small alike. 0 means the latent is ignored.

  `update` takes draw_a, draw_b, label_map and instance_map. In the result the
  items are the instances.

  Args:
    label: the class.
  """

  def measure(draw_a, draw_b, label_map, instance_map):
    inside = (label_map == label) & (instance_map > 0)
    if not inside.any():
      return None
    _, rows = np.unique(instance_map[inside], return_inverse=True)
    change = np.bincount(rows, _change(draw_a[inside], draw_b[inside]))
    distances = change / np.bincount(rows)
    return float(distances.mean()), len(distances)

  return image_mean.Meter(
    measure, f'no image has an instance of {labels.LABELS[label].name!r}'
  )


def outside_meter() -> image_mean.Meter:
  """A meter of the change outside of every instance, to read beside it.

  The value of an image is the mean absolute difference over the pixels that
  are in no instance of any class; 0 means the styles stay where they belong.
  `update` takes what that of `instance_meter` takes. In the result the items
  are the pixels.
  """

  def measure(draw_a, draw_b, label_map, instance_map):
    del label_map
    outside = instance_map == 0
    if not outside.any():
      return None
    change = _change(draw_a[outside], draw_b[outside])
    return float(change.mean()), len(change)

  return image_mean.Meter(measure, 'every pixel is in an instance')


def _change(draw_a: np.ndarray, draw_b: np.ndarray) -> np.ndarray:
  """float64 [...]: mean absolute difference of uint8 [..., 3], in [0, 1]."""
  return np.abs(draw_a.astype(np.float64) - draw_b).mean(axis=-1) / 255.0
