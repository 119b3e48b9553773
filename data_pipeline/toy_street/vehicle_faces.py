"""The bodies of the vehicles of the toy streets, as four-cornered faces.

A body is a lower box and a cabin, with windows, lights, bumper and wheels on
them. Appearance depends on the position in the vehicle, so an image tells the
two ends apart and shows where one vehicle stops and the next begins.

Coordinates are those of `vehicle_models`.
"""

import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.toy_street import raster, vehicle_models


class Material(NamedTuple):
  """The material of a face.

  Attributes:
    color: of the material itself.
    tint: the share of the body's color mixed in, 0..1.
  """

  color: raster.Color
  tint: float = 0.0


_BODY = Material((0.0, 0.0, 0.0), 1.0)
_GLASS = Material((0.33, 0.45, 0.55), 0.25)
_GLASS_SHINE = Material((0.62, 0.75, 0.84), 0.15)
_BUMPER = Material((0.20, 0.20, 0.23), 0.50)
_GRILLE = Material((0.16, 0.16, 0.18))
_TIRE = Material((0.10, 0.10, 0.12))
_HUB = Material((0.72, 0.73, 0.76))
_PLATE = Material((0.95, 0.95, 0.90))
_SHADOW = Material((0.27, 0.28, 0.31))
_REAR_LIGHT = Material((0.93, 0.10, 0.10))
_HEAD_LIGHT = Material((1.0, 0.98, 0.82))
# Share of light that each side of a body gets.
_TOP_LIGHT, _END_LIGHT, _SIDE_LIGHT = 1.12, 1.0, 0.84


class Face(NamedTuple):
  """A convex piece of a vehicle.

  Attributes:
    points: [n, 3], its corners (a, b, c).
    material: of the face.
    light: factor on its color.
    part: 'shadow', 'top', 'end' or 'side'.
    detail: rendered if the vehicle is at least this many samples high.
  """

  points: np.ndarray
  material: Material
  light: float
  part: str
  detail: float


@functools.lru_cache
def faces_of(
  model: vehicle_models.Model, end: float, side: float
) -> tuple[list[Face], np.ndarray, list[int]]:
  """The faces of a vehicle visible from one corner, far ones first.

  Args:
    model: the vehicle.
    end: 1 for the front, -1 for the rear.
    side: 1 for the right, -1 for the left.

  Returns:
    The faces, the corners [n, 3] of all of them, and the index of the first
    corner of each.
  """
  faces = [
    _shadow(model),
    *_cabin(model, end, side),
    *_side(model, side),
    *(_box_end(model, end) if model.height > 2.5 else _car_end(model, end)),
  ]
  starts = np.cumsum([0] + [len(face.points) for face in faces[:-1]])
  points = np.concatenate([face.points for face in faces])
  return faces, points, starts.tolist()


def _shadow(model: vehicle_models.Model) -> Face:
  length, width = model.length / 2 + 0.15, model.width / 2 + 0.2
  points = _level(-length, length, -width, width, 0.0)
  return Face(points, _SHADOW, 1.0, 'shadow', 4)


def _cabin(model: vehicle_models.Model, end: float, side: float) -> list[Face]:
  """Everything above the belt."""
  belt, top, half = model.belt, model.height, model.width / 2
  length = model.length / 2
  (rear, front), (roof_rear, roof_front), narrow = model.cabin, model.roof, 0.8
  if model.height > 2.5:  # Large vehicles are boxes.
    rear = roof_rear = -length
    front = roof_front = length
    narrow = 1.0
  roof = narrow * half
  foot_end, roof_end = (front, roof_front) if end > 0 else (rear, roof_rear)
  across = np.array(
    [
      [foot_end, -half, belt],
      [foot_end, half, belt],
      [roof_end, roof, top],
      [roof_end, -roof, top],
    ]
  )
  along = np.array(
    [
      [rear, side * half, belt],
      [front, side * half, belt],
      [roof_front, side * roof, top],
      [roof_rear, side * roof, top],
    ]
  )
  deck = _level(-length, length, -half, half, belt)
  roof_points = _level(roof_rear, roof_front, -roof, roof, top)
  return [
    Face(deck, _BODY, _TOP_LIGHT, 'top', 0),
    Face(roof_points, _BODY, _TOP_LIGHT, 'top', 8),
    Face(across, _BODY, _END_LIGHT, 'top', 0),
    Face(along, _BODY, _SIDE_LIGHT, 'side', 0),
    *_side_panes(model, along),
    Face(_inset(across, 0.08, 0.92, 0.06, 0.84), _GLASS, 1.0, 'top', 8),
    Face(_inset(across, 0.14, 0.40, 0.55, 0.80), _GLASS_SHINE, 1.0, 'top', 40),
  ]


def _side_panes(model: vehicle_models.Model, cabin: np.ndarray) -> list[Face]:
  first, last = (0.05, 0.95)
  # Only the driver of a truck has a window, the rest is cargo.
  if model is vehicle_models.TRUCK:
    first, last = 0.82, 0.97
  edges = np.linspace(first, last, model.num_panes + 1)
  gap = 0.06 / model.num_panes
  panes = [
    Face(
      _inset(cabin, left + gap, right - gap, 0.06, 0.86), _GLASS, 1, 'side', 10
    )
    for left, right in zip(edges[:-1], edges[1:], strict=True)
  ]
  shines = [
    Face(
      _inset(cabin, left + 2 * gap, left + 4 * gap, 0.35, 0.80),
      _GLASS_SHINE,
      1.0,
      'side',
      60,
    )
    for left in edges[:-1]
  ]
  return panes + shines


def _side(model: vehicle_models.Model, side: float) -> list[Face]:
  """The side below the belt, and its wheels."""
  half, length = side * model.width / 2, model.length / 2
  sill = model.radius * 0.62
  below = _upright(-length, length, half, sill, model.belt)
  faces = [
    Face(below, _BODY, _SIDE_LIGHT, 'side', 0),
    Face(
      _upright(-length, length, half, sill, sill + 0.10),
      _BUMPER,
      1.0,
      'side',
      24,
    ),
  ]
  for wheel in model.wheels:
    for radius, material, detail in (
      (1.0, _TIRE, 7),
      (0.58, _HUB, 16),
      (0.20, _GRILLE, 60),
    ):
      circle = raster.disc(wheel, model.radius, radius * model.radius)
      points = np.insert(circle, 1, half * 1.01, axis=1)
      faces.append(Face(points, material, 1.0, 'side', detail))
  return faces


def _car_end(model: vehicle_models.Model, end: float) -> list[Face]:
  """Front or rear of a car below the belt."""
  at, half, belt = end * model.length / 2, model.width / 2, model.belt
  tire = model.width * 0.14
  faces = [
    _crosswise(at, -half * 0.94, -half * 0.94 + tire, 0.0, 0.4, _TIRE, 7),
    _crosswise(at, half * 0.94 - tire, half * 0.94, 0.0, 0.4, _TIRE, 7),
    _crosswise(at, -half, half, 0.22, belt, _BODY, 0),
    _crosswise(at, -half, half, 0.20, 0.40, _BUMPER, 16),
  ]
  light = _HEAD_LIGHT if end > 0 else _REAR_LIGHT
  low, high = (0.60, 0.80) if end > 0 else (0.58, 0.88)
  wide = 0.30 if end > 0 else 0.22
  for left in (-half * 0.97, half * 0.97 - model.width * wide / 1.8):
    right = left + model.width * wide / 1.8
    faces.append(
      _crosswise(at, left, right, low * belt / 0.9, high * belt / 0.9, light, 9)
    )
  if end > 0:
    faces.append(_crosswise(at, -0.42, 0.42, 0.52, 0.70, _GRILLE, 24))
  plate_low = 0.26 if end > 0 else 0.52
  faces.append(
    _crosswise(at, -0.27, 0.27, plate_low, plate_low + 0.12, _PLATE, 24)
  )
  return faces


def _box_end(model: vehicle_models.Model, end: float) -> list[Face]:
  """Front or rear of a bus, tram or truck below the belt."""
  at, half, belt = end * model.length / 2, model.width / 2, model.belt
  light = _HEAD_LIGHT if end > 0 else _REAR_LIGHT
  faces = [
    _crosswise(at, -half * 0.92, -half * 0.60, 0.0, 0.6, _TIRE, 7),
    _crosswise(at, half * 0.60, half * 0.92, 0.0, 0.6, _TIRE, 7),
    _crosswise(at, -half, half, 0.35, belt, _BODY, 0),
    _crosswise(at, -half, half, 0.35, 0.55, _BUMPER, 16),
  ]
  for left in (-half * 0.92, half * 0.66):
    faces.append(
      _crosswise(at, left, left + half * 0.26, 0.68, 0.92, light, 12)
    )
  return faces


def _crosswise(
  a: float,
  left: float,
  right: float,
  low: float,
  high: float,
  material: Material,
  detail: float,
) -> Face:
  """A rectangle across the vehicle at one of its ends."""
  points = np.array(
    [[a, left, low], [a, right, low], [a, right, high], [a, left, high]]
  )
  return Face(points, material, _END_LIGHT, 'end', detail)


def _upright(
  rear: float, front: float, b: float, low: float, high: float
) -> np.ndarray:
  return np.array(
    [[rear, b, low], [front, b, low], [front, b, high], [rear, b, high]]
  )


def _level(
  rear: float, front: float, left: float, right: float, c: float
) -> np.ndarray:
  return np.array(
    [[rear, left, c], [rear, right, c], [front, right, c], [front, left, c]]
  )


def _inset(
  corners: np.ndarray, left: float, right: float, low: float, high: float
) -> np.ndarray:
  """A piece [4, n] of a four-cornered face, by fractions of its sides.

  Args:
    corners: [4, n], low left, low right, high right, high left.
    left: from the left edge, 0..1.
    right: from the left edge, 0..1.
    low: from the lower edge, 0..1.
    high: from the lower edge, 0..1.
  """

  def at(across, up):
    lower = corners[0] + across * (corners[1] - corners[0])
    upper = corners[3] + across * (corners[2] - corners[3])
    return lower + up * (upper - lower)

  return np.array(
    [at(left, low), at(right, low), at(right, high), at(left, high)]
  )
