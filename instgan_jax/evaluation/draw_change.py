"""What changes between two draws of the instance styles, and where."""

from typing import NamedTuple

import numpy as np


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
  change = np.abs(draw_a.astype(np.float64) - draw_b).mean(axis=-1) / 255.0
  inside = instance_maps > 0
  return DrawChange(
    inside=float(change[inside].mean()) if inside.any() else float('nan'),
    outside=float(change[~inside].mean()) if not inside.all() else float('nan'),
  )
