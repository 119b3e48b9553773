"""Persons, riders, bicycles and motorcycles of the toy streets.

All are billboards: flat and turned to the camera. Shapes are in meters to the
right of and above the foot point.
"""

import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.toy_street import perspective, raster

_TIRE = (0.12, 0.12, 0.14)
_SPOKES = (0.60, 0.62, 0.64)
_SHOE = (0.15, 0.13, 0.13)
_METAL = (0.45, 0.47, 0.50)

# Samples per meter from which a two-wheeler is rendered with its small parts.
_DETAILED = 9.0

# A shape and its color.
Part = tuple[np.ndarray, raster.Color]


class Clothes(NamedTuple):
  """Colors of a person."""

  skin: raster.Color
  hair: raster.Color
  shirt: raster.Color
  trousers: raster.Color


class Figure(NamedTuple):
  """Height and stride of a person.

  Attributes:
    height: in meters.
    stride: of the feet, as a share of the height, -0.2..0.2.
  """

  height: float
  stride: float


def render_person(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  figure: Figure,
  clothes: Clothes,
  position: tuple[float, float],
) -> None:
  """Renders a walking person.

  Args:
    canvas: to render on.
    camera: the viewpoint.
    figure: height and step.
    clothes: colors.
    position: X and Z.
    object_id: written to the person's pixels.
  """
  size = figure.height * camera.focal / position[1] * canvas.samples_per_unit
  x, z = position
  for shape, color in _person_parts(figure.stride, clothes, size):
    points = camera.billboard(shape * figure.height, x, z)
    canvas.fill(points, color, object_id)


def _person_parts(stride: float, clothes: Clothes, size: float) -> list[Part]:
  """Shapes of a person of height 1, in the detail visible at `size` samples."""
  swing = 0.6 * stride
  parts = [
    (_limb((-0.045, 0.50), (-0.045 - stride, 0.02), 0.085), clothes.trousers),
    (_limb((0.045, 0.50), (0.045 + stride, 0.02), 0.085), clothes.trousers),
    (_TORSO, clothes.shirt),
    (_HAIR, clothes.hair),
    (_HEAD, clothes.skin),
  ]
  if size > 12:
    parts += [
      (_limb((-0.10, 0.80), (-0.135 + swing, 0.46), 0.055), clothes.shirt),
      (_limb((0.10, 0.80), (0.135 - swing, 0.46), 0.055), clothes.shirt),
    ]
  if size > 30:
    parts += [
      (_shoe(-0.045 - stride), _SHOE),
      (_shoe(0.045 + stride), _SHOE),
      (_hand(-0.135 + swing), clothes.skin),
      (_hand(0.135 - swing), clothes.skin),
      (_FRINGE, clothes.hair),
    ]
  return parts


def render_bicycle(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  color: raster.Color,
  pose: tuple[float, float, float],
) -> None:
  """Renders a bicycle; `pose` is X, Z and its width, -1..1 (0 from behind)."""
  parts = [
    (_wheel(-0.52, 0.34), _TIRE),
    (_wheel(-0.52, 0.25), _SPOKES),
    (_wheel(0.52, 0.34), _TIRE),
    (_wheel(0.52, 0.25), _SPOKES),
    (_limb((-0.10, 0.32), (-0.25, 0.88), 0.09), color),
    (_limb((-0.10, 0.32), (0.36, 0.78), 0.09), color),
    (_limb((0.52, 0.34), (0.34, 0.98), 0.08), color),
  ]
  if camera.focal / pose[1] * canvas.samples_per_unit > _DETAILED:
    parts += [
      (_limb((-0.52, 0.34), (-0.10, 0.32), 0.07), color),
      (_limb((-0.22, 0.76), (0.36, 0.78), 0.08), color),
      (_limb((-0.36, 0.90), (-0.14, 0.90), 0.07), _TIRE),
      (_limb((0.28, 0.98), (0.48, 0.98), 0.06), _TIRE),
    ]
  _render_two_wheeler(canvas, camera, object_id, parts, pose)


def render_motorcycle(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  color: raster.Color,
  pose: tuple[float, float, float],
) -> None:
  """Renders a motorcycle; `pose` as in `render_bicycle`."""
  tank = np.array([[-0.15, 0.55], [0.50, 0.55], [0.42, 0.95], [-0.05, 0.90]])
  tail = np.array([[-0.85, 0.70], [0.0, 0.50], [0.0, 0.85], [-0.80, 0.85]])
  parts = [
    (_wheel(-0.65, 0.33), _TIRE),
    (_wheel(-0.65, 0.17), _METAL),
    (_wheel(0.65, 0.33), _TIRE),
    (_wheel(0.65, 0.17), _METAL),
    (np.array([[-0.4, 0.25], [0.4, 0.25], [0.4, 0.6], [-0.4, 0.6]]), _METAL),
    (tail, color),
    (tank, color),
    (_limb((0.65, 0.33), (0.42, 1.05), 0.09), _METAL),
    (_limb((-0.70, 0.88), (-0.05, 0.88), 0.10), _TIRE),
    (raster.disc(0.56, 0.85, 0.10), (1.0, 0.98, 0.82)),
  ]
  _render_two_wheeler(canvas, camera, object_id, parts, pose)


def render_rider(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  clothes: Clothes,
  pose: tuple[float, float, float],
) -> None:
  """Renders a person on a two-wheeler at the same `pose`; hair as a helmet."""
  parts = [
    (_limb((-0.22, 0.92), (0.12, 0.66), 0.17), clothes.trousers),
    (_limb((0.12, 0.66), (-0.05, 0.25), 0.13), clothes.trousers),
    (_limb((-0.24, 0.92), (0.02, 1.42), 0.34), clothes.shirt),
    (_limb((0.02, 1.32), (0.36, 1.02), 0.11), clothes.shirt),
    (raster.disc(0.10, 1.60, 0.12, 0.14), clothes.skin),
    (_HELMET, clothes.hair),
    (_limb((-0.12, 0.24), (0.08, 0.24), 0.08), _SHOE),
  ]
  _render_two_wheeler(canvas, camera, object_id, parts, pose)


def _render_two_wheeler(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  parts: list[Part],
  pose: tuple[float, float, float],
) -> None:
  x, z, width = pose
  # Even from behind, a two-wheeler has the width of its handlebar.
  stretch = np.copysign(max(abs(width), 0.38), width)
  for shape, color in parts:
    points = camera.billboard(shape * (stretch, 1.0), x, z)
    canvas.fill(points, color, object_id)


@functools.lru_cache(maxsize=4096)
def _limb(
  start: tuple[float, float], stop: tuple[float, float], width: float
) -> np.ndarray:
  """Corners [4, 2] of a bar from `start` to `stop`."""
  ends = np.array([start, stop])
  along = ends[1] - ends[0]
  across = np.array([-along[1], along[0]]) * (
    width / 2 / max(np.hypot(*along), 1e-6)
  )
  return np.concatenate([ends + across, ends[::-1] - across])


def _wheel(x: float, radius: float) -> np.ndarray:
  return raster.disc(x, 0.34, radius)


def _shoe(x: float) -> np.ndarray:
  return raster.rectangle(x - 0.055, 0.0, x + 0.055, 0.035)


def _hand(x: float) -> np.ndarray:
  return raster.disc(x, 0.45, 0.028)


# Parts of a person of height 1.
_TORSO = np.array(
  [
    [-0.10, 0.46],
    [0.10, 0.46],
    [0.125, 0.78],
    [0.08, 0.845],
    [-0.08, 0.845],
    [-0.125, 0.78],
  ]
)
_HEAD = raster.disc(0.0, 0.905, 0.066, 0.075)
_HAIR = raster.disc(0.0, 0.930, 0.076, 0.074)
_FRINGE = np.array([[-0.06, 0.94], [0.06, 0.94], [0.05, 0.98], [-0.05, 0.98]])
# The upper half of the head of a rider, in meters.
_HELMET = np.array(
  [[-0.05, 1.62], [0.25, 1.62], [0.22, 1.73], [0.10, 1.78], [-0.02, 1.73]]
)
