"""The pinhole camera of the toy streets.

The world is in meters: X to the right and Z ahead of the camera, Y up from
the street. The image is in units of its height (see
`data_pipeline.toy_street.raster`).
"""

from typing import NamedTuple

import numpy as np

# Points nearer than this Z are moved to it, so that none is behind the camera.
_NEAREST = 0.8


class Camera(NamedTuple):
  """A level camera that points along the street.

  Attributes:
    focal: focal length, in image heights.
    height: above the street, in meters.
    horizon: y of the horizon.
    center: x of the vanishing point.
  """

  focal: float
  height: float
  horizon: float
  center: float

  def project(self, points: np.ndarray) -> np.ndarray:
    """World points [..., 3] to image points [..., 2]."""
    points = np.asarray(points, np.float64)
    scale = self.focal / np.maximum(points[..., 2], _NEAREST)
    return np.stack(
      [
        self.center + points[..., 0] * scale,
        self.horizon + (self.height - points[..., 1]) * scale,
      ],
      -1,
    )

  def billboard(
    self, shape: np.ndarray, x: float, z: float, y: float = 0.0
  ) -> np.ndarray:
    """Image points of a flat shape that faces the camera.

    Args:
      shape: [..., 2], meters to the right of and above the foot point.
      x: X of the foot point.
      z: its Z.
      y: its Y.
    """
    scale = self.focal / max(z, _NEAREST)
    offset = (
      self.center + x * scale,
      self.horizon + (self.height - y) * scale,
    )
    return np.asarray(shape) * (scale, -scale) + offset

  def ground(
    self, left: float, right: float, near: float, far: float
  ) -> np.ndarray:
    """Corners [4, 2] of a rectangle on the street."""
    return self.project(
      np.array(
        [
          [left, 0.0, near],
          [right, 0.0, near],
          [right, 0.0, far],
          [left, 0.0, far],
        ]
      )
    )
