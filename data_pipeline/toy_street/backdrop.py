"""The static parts of the toy streets: sky, road, trees, poles, signs."""

from typing import NamedTuple

import numpy as np

from data_pipeline.cityscapes import labels
from data_pipeline.toy_street import perspective, raster

ROAD = labels.TABLE.named('road').id
SIDEWALK = labels.TABLE.named('sidewalk').id
WALL = labels.TABLE.named('wall').id
FENCE = labels.TABLE.named('fence').id
POLE = labels.TABLE.named('pole').id
TRAFFIC_LIGHT = labels.TABLE.named('traffic light').id
TRAFFIC_SIGN = labels.TABLE.named('traffic sign').id
VEGETATION = labels.TABLE.named('vegetation').id
TERRAIN = labels.TABLE.named('terrain').id
SKY = labels.TABLE.named('sky').id
EGO_VEHICLE = labels.TABLE.named('ego vehicle').id

_SKY_TOP, _SKY_BOTTOM = (0.45, 0.70, 0.93), (0.86, 0.93, 0.97)
_ROAD_FAR, _ROAD_NEAR = (0.55, 0.56, 0.59), (0.40, 0.41, 0.45)
_MARKING = (0.92, 0.92, 0.90)
_SIDEWALK_FAR, _SIDEWALK_NEAR = (0.80, 0.76, 0.71), (0.74, 0.69, 0.64)
_CURB = (0.66, 0.64, 0.62)
_GRASS = (0.55, 0.70, 0.35)
_TRUNK = (0.36, 0.27, 0.20)
_POLE_COLOR = (0.40, 0.42, 0.44)
_WALL_COLOR = (0.66, 0.60, 0.54)
_HOOD, _HOOD_SHINE = (0.24, 0.26, 0.30), (0.40, 0.43, 0.48)
# Crowns with a radius of fewer samples are rendered as one ball.
_SMALL_CROWN = 9.0
# The rendered ground ends at this Z, in meters.
_FAR = 400.0


class Street(NamedTuple):
  """The cross-section of a street, X in meters.

  Attributes:
    road: left and right curb.
    walls: left and right building line.
    end: Z of the houses that close the street.
  """

  road: tuple[float, float]
  walls: tuple[float, float]
  end: float


class Tree(NamedTuple):
  """A tree; or, without a trunk, a bush.

  Attributes:
    x, z: X and Z of its foot.
    trunk: height of the lowest leaves, in meters.
    crown: radius of the crown across and up, in meters.
    blobs: [n, 3], x, y and radius of its balls of leaves, in crown radii.
    color: of the leaves in the light.
  """

  x: float
  z: float
  trunk: float
  crown: tuple[float, float]
  blobs: np.ndarray
  color: raster.Color


def render_sky(canvas: raster.Canvas, camera: perspective.Camera) -> None:
  """Fills everything above the horizon."""
  box = raster.rectangle(0.0, 0.0, 2.0, camera.horizon + 0.01)
  canvas.fill(box, _SKY_TOP, SKY, _SKY_BOTTOM)


def render_ground(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  street: Street,
  lawns: tuple[bool, bool],
) -> None:
  """Fills everything below the horizon: road, curbs, sidewalks, lawns."""
  box = raster.rectangle(0.0, camera.horizon, 2.0, 1.0)
  canvas.fill(box, _ROAD_FAR, ROAD, _ROAD_NEAR)
  for side, curb, wall, has_lawn in zip(
    (-1, 1), street.road, street.walls, lawns, strict=True
  ):
    edge = curb + side * 60.0
    strip = _strip(camera, curb, edge)
    canvas.fill(strip, _SIDEWALK_FAR, SIDEWALK, _SIDEWALK_NEAR)
    canvas.fill(_strip(camera, curb, curb + side * 0.22), _CURB, SIDEWALK)
    lawn = (curb + wall) / 2 if has_lawn else wall
    canvas.fill(_strip(camera, lawn, edge), _GRASS, TERRAIN)


def render_markings(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  street: Street,
  dash: tuple[float, float],
  crossing: float | None,
) -> None:
  """Renders the middle line and, at Z `crossing`, a zebra crossing.

  Args:
    canvas: to render on.
    camera: the viewpoint.
    street: the cross-section.
    dash: length of a dash and of dash and gap together, in meters.
    crossing: Z of the zebra crossing, None for none.
  """
  left, right = street.road
  middle = (left + right) / 2
  length, period = dash
  for near in np.arange(3.0, 70.0, period):
    line = camera.ground(middle - 0.08, middle + 0.08, near, near + length)
    canvas.fill(line, _MARKING, ROAD)
  for edge in (left + 0.35, right - 0.35):
    canvas.fill(_strip(camera, edge - 0.05, edge + 0.05), _MARKING, ROAD)
  if crossing is None:
    return
  for x in np.arange(left + 0.7, right - 0.9, 1.0):
    stripe = camera.ground(x, x + 0.5, crossing, crossing + 3.0)
    canvas.fill(stripe, _MARKING, ROAD)


def render_tree(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  tree: Tree,
) -> None:
  """Renders trunk and crown: dark balls of leaves, then their lit tops."""
  across, up = tree.crown
  middle = tree.trunk + 0.85 * up
  if tree.trunk > 0:
    thickness = 0.05 * tree.trunk + 0.05
    trunk = raster.rectangle(-thickness, middle, thickness, 0.0)
    canvas.fill(camera.billboard(trunk, tree.x, tree.z), _TRUNK, object_id)
  blobs = tree.blobs
  if across * camera.focal / tree.z * canvas.samples_per_unit < _SMALL_CROWN:
    blobs = np.array([[0.0, 0.0, 0.95]])
  scale = camera.focal / tree.z
  radius_x, radius_y = across * scale, up * scale
  center_x, center_y = camera.billboard(
    np.array([0.0, middle]), tree.x, tree.z
  ).tolist()
  for light, shrink, shift in ((0.72, 1.0, 0.0), (1.0, 0.72, 0.22)):
    color = raster.lit(tree.color, light)
    for x, y, radius in blobs.tolist():
      ball = (
        center_x + radius_x * (x - 0.4 * shift * radius),
        center_y - radius_y * (y + shift * radius),
        radius_x * radius * shrink,
        radius_y * radius * shrink,
      )
      canvas.fill_ellipse(ball, color, object_id)


def render_barrier(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  x: float,
  near_far: tuple[float, float],
  height: float,
) -> None:
  """Renders a fence or wall along the street at X `x`."""
  near, far = near_far
  points = [[x, 0, near], [x, height, near], [x, height, far], [x, 0, far]]
  box = camera.project(np.array(points))
  if object_id == WALL:
    canvas.fill(box, _WALL_COLOR, object_id)
    points = [
      [x, height - 0.25, near],
      [x, height, near],
      [x, height, far],
      [x, height - 0.25, far],
    ]
    coping = camera.project(np.array(points))
    canvas.fill(coping, raster.lit(_WALL_COLOR, 1.2), object_id)
    return
  canvas.fill(box, (0.60, 0.47, 0.36), object_id)
  for z in np.arange(near, min(far, 45.0), 0.9):
    points = [[x, 0, z], [x, height, z], [x, height, z + 0.3], [x, 0, z + 0.3]]
    slat = camera.project(np.array(points))
    canvas.fill(slat, (0.45, 0.34, 0.26), object_id)


def render_pole(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  position: tuple[float, float],
  height: float,
  arm: float,
) -> None:
  """Renders a post with an arm of length `arm` (meters, to the right)."""
  post = raster.rectangle(-0.08, height, 0.08, 0.0)
  canvas.fill(camera.billboard(post, *position), _POLE_COLOR, object_id)
  if arm:
    left, right = min(0.0, arm), max(0.0, arm)
    bar = raster.rectangle(left, height, right, height - 0.15)
    lamp = raster.rectangle(arm - 0.35, height, arm + 0.35, height - 0.22)
    canvas.fill(camera.billboard(bar, *position), _POLE_COLOR, object_id)
    canvas.fill(camera.billboard(lamp, *position), (0.9, 0.9, 0.82), object_id)


def render_traffic_light(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  position: tuple[float, float],
  is_green: bool,
) -> None:
  """Renders a traffic light of three lamps, one of them lit."""
  box = raster.rectangle(-0.22, 3.6, 0.22, 2.5)
  canvas.fill(camera.billboard(box, *position), (0.10, 0.11, 0.12), object_id)
  lit = (0.15, 0.90, 0.45) if is_green else (0.98, 0.18, 0.12)
  for y, is_lit in ((3.40, not is_green), (3.05, False), (2.70, is_green)):
    lamp = camera.billboard(raster.disc(0.0, y, 0.14), *position)
    canvas.fill(lamp, lit if is_lit else (0.25, 0.25, 0.25), object_id)


def render_sign(
  canvas: raster.Canvas,
  camera: perspective.Camera,
  object_id: int,
  *,
  position: tuple[float, float],
  kind: int,
) -> None:
  """Renders a sign: 0 warning, 1 prohibition, 2 direction, 3 priority."""
  red, white, blue = (0.85, 0.12, 0.12), (0.97, 0.97, 0.95), (0.12, 0.35, 0.78)
  triangle = np.array([[-0.5, 2.2], [0.5, 2.2], [0.0, 3.05]])
  diamond = np.array([[0.0, 2.1], [0.5, 2.6], [0.0, 3.1], [-0.5, 2.6]])
  layers = (
    ((triangle, red), ((triangle - (0, 2.48)) * 0.6 + (0, 2.48), white)),
    (
      (raster.disc(0.0, 2.6, 0.42), red),
      (raster.disc(0.0, 2.6, 0.29), white),
    ),
    (
      (raster.rectangle(-0.6, 3.1, 0.6, 2.3), blue),
      (raster.rectangle(-0.4, 2.76, 0.4, 2.64), white),
    ),
    ((diamond, white), ((diamond - (0, 2.6)) * 0.7 + (0, 2.6), (1, 0.8, 0.1))),
  )[kind]
  for shape, color in layers:
    canvas.fill(camera.billboard(shape, *position), color, object_id)


def render_hood(canvas: raster.Canvas, top: float) -> None:
  """Renders the camera's own car along the lower edge, from y `top` down."""
  hood = np.array(
    [[-0.1, 1.01], [0.12, top + 0.03], [0.45, top], [1.55, top]]
    + [[1.88, top + 0.03], [2.1, 1.01]]
  )
  canvas.fill(hood, _HOOD_SHINE, EGO_VEHICLE, _HOOD)


def _strip(camera: perspective.Camera, left: float, right: float) -> np.ndarray:
  """The ground between two X, from the camera to the horizon."""
  return camera.ground(left, right, 0.8, _FAR)
