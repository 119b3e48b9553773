"""The plan of a toy street: its camera, houses, trees, poles and traffic."""

import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.toy_street import (
  backdrop,
  houses,
  perspective,
  raster,
  traffic,
)
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


class StreetPlan(NamedTuple):
  """The contents of a street.

  Attributes:
    camera: the viewpoint.
    street: its cross-section.
    lawns: whether there is grass on the left and the right.
    dash: length and period of the middle line, in meters.
    crossing: Z of a zebra crossing, or None.
    end_fronts: fronts of the houses across the far end.
    side_houses: the houses on both sides, from far to near.
    barriers: (X, (near, far), height, label) of fences and walls.
    items: everything that stands in the street, from far to near.
    hood: y of the top of the camera's own car, or None.
  """

  camera: perspective.Camera
  street: backdrop.Street
  lawns: tuple[bool, bool]
  dash: tuple[float, float]
  crossing: float | None
  end_fronts: list[houses.Front]
  side_houses: list[houses.House]
  barriers: list[tuple[float, tuple[float, float], float, int]]
  items: list[Item]
  hood: float | None


def plan_street(
  layout_rng: np.random.Generator, color_rng: np.random.Generator
) -> StreetPlan:
  """Samples a street.

  Args:
    layout_rng: samples everything that changes the maps.
    color_rng: samples the colors of objects, which do not.
  """
  kind = layout_rng.random()
  is_crowded = kind < _CROWD_SHARE
  camera = _place_camera(layout_rng, is_crowded)
  street, has_parking = _lay_street(layout_rng)
  left_lawn, right_lawn = (layout_rng.random(2) < 0.3).tolist()
  objects = traffic.Traffic(street, layout_rng, color_rng)
  if is_crowded:
    _fill_with_crowd(objects, street, layout_rng)
  elif kind > _EMPTY_SHARE + _CROWD_SHARE:
    _fill_with_traffic(objects, has_parking, layout_rng)
  items = [
    *objects.items,
    *_plant_trees(street, layout_rng),
    *_put_up_poles(street, layout_rng),
  ]
  return StreetPlan(
    camera=camera,
    street=street,
    lawns=(left_lawn, right_lawn),
    dash=(3.0, layout_rng.choice((6.0, 9.0))),
    crossing=layout_rng.uniform(9, 25) if layout_rng.random() < 0.3 else None,
    end_fronts=_close_street(street, layout_rng),
    side_houses=_build_houses(street, layout_rng),
    barriers=_put_up_barriers(street, layout_rng),
    items=sorted(items, key=lambda item: -item.z),
    hood=layout_rng.uniform(0.90, 0.96) if layout_rng.random() < 0.6 else None,
  )


def _place_camera(
  layout_rng: np.random.Generator, is_crowded: bool
) -> perspective.Camera:
  # A high camera for a crowd; from a car's height few persons are visible.
  heights = (3.2, 3.8) if is_crowded else (1.3, 1.6)
  return perspective.Camera(
    focal=layout_rng.uniform(1.75, 2.15),
    height=layout_rng.uniform(*heights),
    horizon=float(np.clip(layout_rng.normal(0.42, 0.015), 0.38, 0.46)),
    center=1.0 + float(np.clip(layout_rng.normal(0.0, 0.12), -0.3, 0.3)),
  )


def _lay_street(
  layout_rng: np.random.Generator,
) -> tuple[backdrop.Street, np.ndarray]:
  """A street around the camera's lane, and which sides have parked cars."""
  has_parking = layout_rng.random(2) < 0.8
  lane = layout_rng.uniform(3.0, 3.6)
  more_lanes = layout_rng.random(2) < (0.25, 0.15)
  left = -(1.5 + more_lanes[0]) * lane - 2.3 * has_parking[0]
  right = (0.5 + more_lanes[1]) * lane + 2.3 * has_parking[1] + 0.3
  walks = layout_rng.uniform(2.8, 5.6, 2)
  street = backdrop.Street(
    road=(left, right),
    walls=(left - walks[0], right + walks[1]),
    end=layout_rng.uniform(65.0, 125.0),
  )
  return street, has_parking


def _fill_with_traffic(
  objects: traffic.Traffic,
  has_parking: np.ndarray,
  layout_rng: np.random.Generator,
) -> None:
  # One factor for everything makes the counts over-dispersed: busy streets
  # are busy in every way.
  busy = layout_rng.gamma(1.8, 1 / 1.8)
  share = float(
    np.clip(layout_rng.beta(2.4, 1.2) * (0.6 + 0.4 * busy), 0.0, 1.0)
  )
  for side, may_park in zip((-1, 1), has_parking, strict=True):
    if may_park:
      objects.add_parked_cars(side, layout_rng.uniform(8.0, 20.0), share)
  objects.add_driving_cars(layout_rng.poisson(11.0 * busy))
  objects.add_pedestrians(
    layout_rng.negative_binomial(1.0, 1 / (1 + 16.0 * busy))
  )
  if layout_rng.random() < 0.35:
    objects.add_near_pedestrian()
  objects.add_parked_two_wheelers(layout_rng.poisson(8.0 * busy))
  objects.add_riders(layout_rng.poisson(0.9 * busy))
  objects.add_large_vehicles()
  objects.add_groups()


def _fill_with_crowd(
  objects: traffic.Traffic,
  street: backdrop.Street,
  layout_rng: np.random.Generator,
) -> None:
  """A street festival: more than a hundred persons, and few cars."""
  for _ in range(layout_rng.integers(180, 210)):
    z = layout_rng.uniform(10.0, 36.0)
    objects.add_person(layout_rng.uniform(*street.walls), z)
  for _ in range(4):
    objects.add_car(
      layout_rng.uniform(*street.road), layout_rng.uniform(36, 60), 0.0
    )


def _build_houses(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[houses.House]:
  side_houses = []
  for side in (-1, 1):
    z, base = 3.0, layout_rng.uniform(10.0, 18.0)
    height_before = 0.0
    while z < street.end:
      length = layout_rng.uniform(8.0, 20.0)
      if layout_rng.random() > 0.14:
        tint = _HOUSE_COLORS[layout_rng.integers(len(_HOUSE_COLORS))]
        tint = tint + layout_rng.normal(0, 0.025)
        height = max(5.0, base + layout_rng.normal(0.0, 2.2))
        far = min(z + length, street.end)
        is_front_seen = height > height_before
        side_houses.append(
          houses.House(
            side, z, far, height, raster.as_color(tint), is_front_seen
          )
        )
        height_before = height
      else:
        height_before = 0.0
      z += length
  return sorted(side_houses, key=lambda house: -house.near)


def _close_street(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[houses.Front]:
  """A row of houses across the far end."""
  fronts = []
  x = street.walls[0] - 20.0
  while x < street.walls[1] + 20.0:
    length = layout_rng.uniform(8.0, 16.0)
    tint = _HOUSE_COLORS[layout_rng.integers(len(_HOUSE_COLORS))]
    height = layout_rng.uniform(7.0, 15.0)
    fronts.append(
      houses.Front(x, x + length, street.end, height, raster.as_color(tint))
    )
    x += length
  return fronts


def _plant_trees(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[Item]:
  items = []
  for side in (0, 1):
    curb, wall = street.road[side], street.walls[side]
    density = layout_rng.choice((0.0, 0.35, 0.9), p=(0.2, 0.45, 0.35))
    x = curb + np.sign(curb) * 0.9
    for z in np.arange(layout_rng.uniform(9.0, 18.0), street.end, 9.0):
      if layout_rng.random() < density:
        items.append(_tree(x, z + layout_rng.normal(0, 0.8), 1.0, layout_rng))
    for z in np.arange(layout_rng.uniform(8.0, 20.0), street.end, 6.0):
      if layout_rng.random() < 0.12:
        items.append(_tree(wall, z, 0.0, layout_rng))
  for x in np.arange(street.walls[0] - 12, street.walls[1] + 12, 5.0):
    if layout_rng.random() < 0.65:
      items.append(_tree(x, street.end - 1.0, 0.6, layout_rng))
  return items


def _tree(
  x: float, z: float, trunk: float, layout_rng: np.random.Generator
) -> Item:
  """A tree with a trunk of `trunk` times the usual height; 0 for a bush."""
  size = layout_rng.uniform(1.7, 2.9) if trunk else layout_rng.uniform(0.8, 1.5)
  angles = np.arange(6) * np.pi / 3 + layout_rng.uniform(0, 1)
  blobs = np.stack(
    [
      0.55 * np.cos(angles),
      0.50 * np.sin(angles),
      layout_rng.uniform(0.42, 0.58, 6),
    ],
    -1,
  )
  blobs = np.concatenate([blobs, [[0.0, 0.0, 0.75]]])
  tree = backdrop.Tree(
    x=float(x),
    z=float(z),
    trunk=trunk * layout_rng.uniform(2.6, 3.6),
    crown=(size, size * layout_rng.uniform(0.9, 1.3)),
    blobs=blobs,
    color=raster.as_color(_LEAVES + layout_rng.normal(0, 0.025)),
  )
  render = functools.partial(backdrop.render_tree, tree=tree)
  return Item(float(z), backdrop.VEGETATION, False, render)


def _put_up_poles(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[Item]:
  """Street lamps, signs on posts, and traffic lights."""
  items = []
  for side in (0, 1):
    curb = street.road[side]
    x = curb + np.sign(curb) * 0.5
    for z in np.arange(layout_rng.uniform(8.0, 22.0), street.end, 27.0):
      arm = -1.6 * np.sign(curb)
      items.append(_post(x, z, layout_rng.uniform(6.0, 8.0), arm))
    for _ in range(layout_rng.poisson(2.2)):
      z = float(
        np.clip(26.0 * np.exp(layout_rng.normal(0, 0.6)), 11, street.end)
      )
      sign = functools.partial(
        backdrop.render_sign, position=(x, z), kind=int(layout_rng.integers(4))
      )
      items.append(_post(x, z, 2.5, 0.0))
      items.append(Item(z - 0.01, backdrop.TRAFFIC_SIGN, False, sign))
    if layout_rng.random() < 0.35:
      z = layout_rng.uniform(14.0, 40.0)
      light = functools.partial(
        backdrop.render_traffic_light,
        position=(x, z),
        is_green=bool(layout_rng.random() < 0.5),
      )
      items.append(_post(x, z, 3.0, 0.0))
      items.append(Item(z - 0.01, backdrop.TRAFFIC_LIGHT, False, light))
  return items


def _post(x: float, z: float, height: float, arm: float) -> Item:
  render = functools.partial(
    backdrop.render_pole, position=(x, z), height=height, arm=arm
  )
  return Item(float(z), backdrop.POLE, False, render)


def _put_up_barriers(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[tuple[float, tuple[float, float], float, int]]:
  barriers = []
  for label, chance in ((backdrop.FENCE, 0.4), (backdrop.WALL, 0.35)):
    if layout_rng.random() < chance:
      side = layout_rng.integers(2)
      x = street.walls[side] - np.sign(street.walls[side]) * 0.3
      near = layout_rng.uniform(6.0, 22.0)
      span = (near, near + layout_rng.uniform(8.0, 25.0))
      barriers.append((x, span, layout_rng.uniform(1.2, 2.0), label))
  return barriers


def render_street(canvas: raster.Canvas, plan: StreetPlan) -> None:
  """Renders a street from its far end to the camera.

  Single objects get the ids label * 1000 + k, where k counts the objects of a
  label from 0 in rendering order; everything else gets its label.
  """
  camera, street = plan.camera, plan.street
  backdrop.render_sky(canvas, camera)
  backdrop.render_ground(canvas, camera, street, plan.lawns)
  backdrop.render_markings(canvas, camera, street, plan.dash, plan.crossing)
  for front in plan.end_fronts:
    houses.render_front(canvas, camera, front)
  for house in plan.side_houses:
    houses.render_house(canvas, camera, street, house)
  for x, span, height, label in plan.barriers:
    backdrop.render_barrier(canvas, camera, label, x, span, height)
  counts: dict[int, int] = {}
  for item in plan.items:
    object_id = item.label
    if item.is_single:
      number = counts.get(item.label, 0)
      counts[item.label] = number + 1
      object_id = item.label * 1000 + number
    item.render(canvas, camera, object_id)
  if plan.hood is not None:
    backdrop.render_hood(canvas, plan.hood)
