"""The houses of the toy streets: walls with rows of windows, in perspective."""

from typing import NamedTuple

import numpy as np

from data_pipeline.cityscapes import labels
from data_pipeline.toy_street import backdrop, perspective, raster

BUILDING = labels.TABLE.named('building').id

_WINDOW = np.array((0.42, 0.52, 0.60))
_SHOP_WINDOW = np.array((0.30, 0.38, 0.45))
# Height of a floor and distance of windows, in meters.
_FLOOR, _BAY = 3.3, 2.6
# How far houses reach away from the street, in meters.
_DEPTH = 14.0


class House(NamedTuple):
  """A house on one side of the street.

  Attributes:
    side: -1 left, 1 right.
    near, far: Z of its two ends.
    height: in meters.
    color: of its walls.
    is_front_seen: False if a house at least as high stands before it.
  """

  side: int
  near: float
  far: float
  height: float
  color: raster.Color
  is_front_seen: bool = True


class Front(NamedTuple):
  """A wall that faces the camera.

  Attributes:
    left, right: X of its edges.
    z: its distance.
    height: in meters.
    color: of the wall.
  """

  left: float
  right: float
  z: float
  height: float
  color: raster.Color


def render_house(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  street: backdrop.Street,
  house: House,
) -> None:
  """Renders the wall along the street and the one that faces the camera."""
  x = street.walls[0 if house.side < 0 else 1]
  if house.is_front_seen:
    left, right = sorted((x, x + house.side * _DEPTH))
    front = Front(left, right, house.near, house.height, house.color)
    render_front(canvas, camera, front)
  corners = camera.project(
    np.array([[x, house.height, house.near], [x, house.height, house.far]])
  )
  foot = camera.project(np.array([x, 0.0, house.near]))
  box = _box_of(np.concatenate([corners, foot[None]]))

  def shader(px, py):
    offset = px - camera.center
    # At the vanishing point the wall is infinitely far away.
    z = camera.focal * abs(x) / np.maximum(offset * house.side, 1e-6)
    y = camera.height - (py - camera.horizon) * (z / camera.focal)
    is_wall = (y >= 0) & (y <= house.height) & (z >= house.near)
    bay = _BAY * abs(x) * camera.focal / z**2 * canvas.samples_per_unit
    light = 0.84 if house.side < 0 else 0.95
    palette, choice = _facade(z - house.near, y, house, bay, light)
    return palette, np.where(is_wall, choice, -1)

  canvas.shade(box, shader, BUILDING)


def render_front(
  canvas: raster.Canvas, camera: perspective.Camera, front: Front
) -> None:
  """Renders a wall that faces the camera."""
  left, right, z, height, _ = front
  scale = camera.focal / z
  box = _box_of(camera.project(np.array([[left, 0, z], [right, height, z]])))

  def shader(px, py):
    x = (px - camera.center) / scale
    y = camera.height - (py - camera.horizon) / scale
    bay = np.full_like(x, _BAY * scale * canvas.samples_per_unit)
    return _facade(x - left, y, front, bay, 1.0)

  canvas.shade(box, shader, BUILDING)


def _facade(
  along: np.ndarray,
  y: np.ndarray,
  house: House | Front,
  bay: np.ndarray,
  light: float,
) -> tuple[np.ndarray, np.ndarray]:
  """A wall with rows of windows, as `raster.Shader` returns it.

  Args:
    along: [w], meters along the wall.
    y: [h, w] or [h, 1], meters above the street.
    house: its height and color.
    bay: [w], samples between two windows. Where there are few the windows
      fade into the wall, rather than flicker.
    light: factor on the wall's color.
  """
  floor, bays = y / _FLOOR, along / _BAY
  up = np.abs(floor - np.floor(floor) - 0.52)
  across = np.abs(bays - np.floor(bays) - 0.5)
  is_window = (up < 0.24) & (across < 0.24) & (y < house.height - 1.0)
  is_shop = (np.abs(floor - 0.45) < 0.30) & (across < 0.40)
  is_edge = (y > house.height - 0.45) | (np.abs(floor - 0.98) < 0.05)
  choice = np.where(floor < 1, 2 * is_shop, is_window)
  choice = np.where(is_edge, 3, choice)
  contrast = np.clip((bay - 3.0) / 5.0, 0.0, 1.0)[:, None]
  wall = np.array(house.color) * light
  # A fifth of a faded wall is glass, which keeps the mean color.
  faded = wall + 0.2 * (_WINDOW - wall)
  kinds = (wall, _WINDOW, _SHOP_WINDOW, wall * 1.10)
  palette = np.stack([faded + contrast * (kind - faded) for kind in kinds])
  return palette, choice


def _box_of(points: np.ndarray) -> np.ndarray:
  return np.concatenate([points.min(0), points.max(0)])
