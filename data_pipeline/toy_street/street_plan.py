"""The plan of a toy street: its camera, houses, trees, poles and traffic."""

import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.toy_street import backdrop, houses, perspective, raster
from data_pipeline.toy_street import traffic as traffic_lib
from data_pipeline.toy_street.traffic import Item

# Shares of streets without any object, and with more than a hundred.
_EMPTY_SHARE, _CROWD_SHARE = 0.03, 0.03
_HOUSE_COLORS = np.array(
  [
    (0.80, 0.62, 0.50),
    (0.72, 0.45, 0.36),
    (0.86, 0.78, 0.64),
    (0.78, 0.74, 0.70),
    (0.66, 0.56, 0.50),
  ]
)
_LEAVES = np.array((0.36, 0.60, 0.27))


class Layout(NamedTuple):
  """All that is in a street.

  Attributes:
    camera: that sees it.
    street: its cross-section.
    lawns: whether there is grass on the left and the right.
    dash: length and period of the middle line, in metres.
    crossing: Z of a zebra crossing, or None.
    fronts: the houses across the far end.
    houses: those on both sides, from far to near.
    barriers: (X, (near, far), height, label) of fences and walls.
    items: everything that stands in the street, from far to near.
    hood: y of the top of the camera's own car, or None.
  """

  camera: perspective.Camera
  street: backdrop.Street
  lawns: tuple[bool, bool]
  dash: tuple[float, float]
  crossing: float | None
  fronts: list[houses.Front]
  houses: list[houses.House]
  barriers: list[tuple[float, tuple[float, float], float, int]]
  items: list[Item]
  hood: float | None


def plan_street(
  places: np.random.Generator, colors: np.random.Generator
) -> Layout:
  """Draws a street.

  Args:
    places: for all that changes the maps.
    colors: for the colours of objects, which do not.
  """
  kind = places.random()
  is_crowded = kind < _CROWD_SHARE
  camera = _place_camera(places, is_crowded)
  street, has_parking = _lay_street(places)
  lawns = tuple((places.random(2) < 0.3).tolist())
  traffic = traffic_lib.Traffic(street, places, colors)
  if is_crowded:
    _fill_with_crowd(traffic, street, places)
  elif kind > _EMPTY_SHARE + _CROWD_SHARE:
    _fill_with_traffic(traffic, has_parking, places)
  items = [
    *traffic.items,
    *_plant_trees(street, places),
    *_put_up_poles(street, places),
  ]
  return Layout(
    camera=camera,
    street=street,
    lawns=lawns,
    dash=(3.0, places.choice((6.0, 9.0))),
    crossing=places.uniform(9, 25) if places.random() < 0.3 else None,
    fronts=_close_street(street, places),
    houses=_build_houses(street, places),
    barriers=_put_up_barriers(street, places),
    items=sorted(items, key=lambda item: -item.z),
    hood=places.uniform(0.90, 0.96) if places.random() < 0.6 else None,
  )


def _place_camera(
  places: np.random.Generator, is_crowded: bool
) -> perspective.Camera:
  # One looks down on a crowd, or few of it would be seen.
  heights = (3.2, 3.8) if is_crowded else (1.3, 1.6)
  return perspective.Camera(
    focal=places.uniform(1.75, 2.15),
    height=places.uniform(*heights),
    horizon=float(np.clip(places.normal(0.42, 0.015), 0.38, 0.46)),
    center=1.0 + float(np.clip(places.normal(0.0, 0.12), -0.3, 0.3)),
  )


def _lay_street(
  places: np.random.Generator,
) -> tuple[backdrop.Street, np.ndarray]:
  """A street around the camera's lane, and which sides have parked cars."""
  has_parking = places.random(2) < 0.8
  lane = places.uniform(3.0, 3.6)
  more_lanes = places.random(2) < (0.25, 0.15)
  left = -(1.5 + more_lanes[0]) * lane - 2.3 * has_parking[0]
  right = (0.5 + more_lanes[1]) * lane + 2.3 * has_parking[1] + 0.3
  walks = places.uniform(2.8, 5.6, 2)
  street = backdrop.Street(
    road=(left, right),
    walls=(left - walks[0], right + walks[1]),
    end=places.uniform(65.0, 125.0),
  )
  return street, has_parking


def _fill_with_traffic(
  traffic: traffic_lib.Traffic,
  has_parking: np.ndarray,
  places: np.random.Generator,
) -> None:
  # One factor for everything makes the counts over-dispersed: busy streets
  # are busy in every way.
  busy = places.gamma(1.8, 1 / 1.8)
  share = float(np.clip(places.beta(2.4, 1.2) * (0.6 + 0.4 * busy), 0.0, 1.0))
  for side, may_park in zip((-1, 1), has_parking, strict=True):
    if may_park:
      traffic.add_parked_cars(side, places.uniform(8.0, 20.0), share)
  traffic.add_driving_cars(places.poisson(11.0 * busy))
  traffic.add_pedestrians(places.negative_binomial(1.0, 1 / (1 + 16.0 * busy)))
  if places.random() < 0.35:
    traffic.add_near_pedestrian()
  traffic.add_parked_two_wheelers(places.poisson(8.0 * busy))
  traffic.add_riders(places.poisson(0.9 * busy))
  traffic.add_large_vehicles()
  traffic.add_groups()


def _fill_with_crowd(
  traffic: traffic_lib.Traffic,
  street: backdrop.Street,
  places: np.random.Generator,
) -> None:
  """A street festival: more than a hundred persons, and few cars."""
  for _ in range(places.integers(180, 210)):
    z = places.uniform(10.0, 36.0)
    traffic.add_person(places.uniform(*street.walls), z)
  for _ in range(4):
    traffic.add_car(places.uniform(*street.road), places.uniform(36, 60), 0.0)


def _build_houses(
  street: backdrop.Street, places: np.random.Generator
) -> list[houses.House]:
  houses = []
  for side in (-1, 1):
    z, base = 3.0, places.uniform(10.0, 18.0)
    height_before = 0.0
    while z < street.end:
      length = places.uniform(8.0, 20.0)
      if places.random() > 0.14:
        tint = _HOUSE_COLORS[places.integers(len(_HOUSE_COLORS))]
        tint = tint + places.normal(0, 0.025)
        height = max(5.0, base + places.normal(0.0, 2.2))
        far = min(z + length, street.end)
        is_front_seen = height > height_before
        houses.append(
          houses.House(side, z, far, height, tuple(tint), is_front_seen)
        )
        height_before = height
      else:
        height_before = 0.0
      z += length
  return sorted(houses, key=lambda house: -house.near)


def _close_street(
  street: backdrop.Street, places: np.random.Generator
) -> list[houses.Front]:
  """A row of houses across the far end."""
  fronts = []
  x = street.walls[0] - 20.0
  while x < street.walls[1] + 20.0:
    length = places.uniform(8.0, 16.0)
    tint = _HOUSE_COLORS[places.integers(len(_HOUSE_COLORS))]
    height = places.uniform(7.0, 15.0)
    fronts.append(houses.Front(x, x + length, street.end, height, tuple(tint)))
    x += length
  return fronts


def _plant_trees(
  street: backdrop.Street, places: np.random.Generator
) -> list[Item]:
  items = []
  for side in (0, 1):
    kerb, wall = street.road[side], street.walls[side]
    density = places.choice((0.0, 0.35, 0.9), p=(0.2, 0.45, 0.35))
    x = kerb + np.sign(kerb) * 0.9
    for z in np.arange(places.uniform(9.0, 18.0), street.end, 9.0):
      if places.random() < density:
        items.append(_tree(x, z + places.normal(0, 0.8), 1.0, places))
    for z in np.arange(places.uniform(8.0, 20.0), street.end, 6.0):
      if places.random() < 0.12:
        items.append(_tree(wall, z, 0.0, places))
  for x in np.arange(street.walls[0] - 12, street.walls[1] + 12, 5.0):
    if places.random() < 0.65:
      items.append(_tree(x, street.end - 1.0, 0.6, places))
  return items


def _tree(
  x: float, z: float, trunk: float, places: np.random.Generator
) -> Item:
  """A tree with its trunk as tall as `trunk` says; 0 gives a bush."""
  size = places.uniform(1.7, 2.9) if trunk else places.uniform(0.8, 1.5)
  angles = np.arange(6) * np.pi / 3 + places.uniform(0, 1)
  blobs = np.stack(
    [
      0.55 * np.cos(angles),
      0.50 * np.sin(angles),
      places.uniform(0.42, 0.58, 6),
    ],
    -1,
  )
  blobs = np.concatenate([blobs, [[0.0, 0.0, 0.75]]])
  tree = backdrop.Tree(
    x=float(x),
    z=float(z),
    trunk=trunk * places.uniform(2.6, 3.6),
    crown=(size, size * places.uniform(0.9, 1.3)),
    blobs=blobs,
    color=tuple(_LEAVES + places.normal(0, 0.025)),
  )
  draw = functools.partial(_draw_tree, tree=tree)
  return Item(float(z), backdrop.VEGETATION, False, draw)


def _put_up_poles(
  street: backdrop.Street, places: np.random.Generator
) -> list[Item]:
  """Street lamps, signs on posts, and traffic lights."""
  items = []
  for side in (0, 1):
    kerb = street.road[side]
    x = kerb + np.sign(kerb) * 0.5
    for z in np.arange(places.uniform(8.0, 22.0), street.end, 27.0):
      arm = -1.6 * np.sign(kerb)
      items.append(_post(x, z, places.uniform(6.0, 8.0), arm))
    for _ in range(places.poisson(2.2)):
      z = float(np.clip(26.0 * np.exp(places.normal(0, 0.6)), 11, street.end))
      sign = functools.partial(
        _draw_sign, place=(x, z), kind=int(places.integers(4))
      )
      items.append(_post(x, z, 2.5, 0.0))
      items.append(Item(z - 0.01, backdrop.TRAFFIC_SIGN, False, sign))
    if places.random() < 0.35:
      z = places.uniform(14.0, 40.0)
      light = functools.partial(
        _draw_light, place=(x, z), is_green=bool(places.random() < 0.5)
      )
      items.append(_post(x, z, 3.0, 0.0))
      items.append(Item(z - 0.01, backdrop.TRAFFIC_LIGHT, False, light))
  return items


def _post(x: float, z: float, height: float, arm: float) -> Item:
  draw = functools.partial(_draw_pole, place=(x, z), height=height, arm=arm)
  return Item(float(z), backdrop.POLE, False, draw)


def _put_up_barriers(
  street: backdrop.Street, places: np.random.Generator
) -> list[tuple[float, tuple[float, float], float, int]]:
  barriers = []
  for label, chance in ((backdrop.FENCE, 0.4), (backdrop.WALL, 0.35)):
    if places.random() < chance:
      side = places.integers(2)
      x = street.walls[side] - np.sign(street.walls[side]) * 0.3
      near = places.uniform(6.0, 22.0)
      span = (near, near + places.uniform(8.0, 25.0))
      barriers.append((x, span, places.uniform(1.2, 2.0), label))
  return barriers


def draw_layout(canvas: raster.Canvas, layout: Layout) -> None:
  """Draws a street from its far end to the camera.

  Single objects get the ids label * 1000 + k, k from 0 in the order in which
  the objects of a label are drawn; everything else gets its label.
  """
  camera, street = layout.camera, layout.street
  backdrop.draw_sky(canvas, camera)
  backdrop.draw_ground(canvas, camera, street, layout.lawns)
  backdrop.draw_markings(canvas, camera, street, layout.dash, layout.crossing)
  for front in layout.fronts:
    houses.draw_front(canvas, camera, front)
  for house in layout.houses:
    houses.draw_house(canvas, camera, street, house)
  for x, span, height, label in layout.barriers:
    backdrop.draw_barrier(canvas, camera, x, span, height, label)
  counts: dict[int, int] = {}
  for item in layout.items:
    object_id = item.label
    if item.is_single:
      number = counts.get(item.label, 0)
      counts[item.label] = number + 1
      object_id = item.label * 1000 + number
    item.draw(canvas, camera, object_id)
  if layout.hood is not None:
    backdrop.draw_hood(canvas, layout.hood)


def _draw_tree(canvas, camera, object_id, *, tree):
  backdrop.draw_tree(canvas, camera, tree, object_id)


def _draw_pole(canvas, camera, object_id, *, place, height, arm):
  backdrop.draw_pole(canvas, camera, place, height, arm, object_id)


def _draw_sign(canvas, camera, object_id, *, place, kind):
  backdrop.draw_sign(canvas, camera, place, kind, object_id)


def _draw_light(canvas, camera, object_id, *, place, is_green):
  backdrop.draw_traffic_light(canvas, camera, place, is_green, object_id)
