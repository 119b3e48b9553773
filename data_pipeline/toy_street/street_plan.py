"""The plan of a toy street: samples its contents, then renders them."""

from typing import NamedTuple

import numpy as np

from data_pipeline.toy_street import (
  backdrop,
  houses,
  perspective,
  raster,
  roadside,
  traffic,
)
from data_pipeline.toy_street.traffic import Item

# Shares of streets without any object, and with more than a hundred.
_EMPTY_SHARE, _CROWD_SHARE = 0.03, 0.03


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
    barriers: fences and walls.
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
  barriers: list[roadside.Barrier]
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
    *roadside.plant_trees(street, layout_rng),
    *roadside.put_up_poles(street, layout_rng),
  ]
  return StreetPlan(
    camera=camera,
    street=street,
    lawns=(left_lawn, right_lawn),
    dash=(3.0, layout_rng.choice((6.0, 9.0))),
    crossing=layout_rng.uniform(9, 25) if layout_rng.random() < 0.3 else None,
    end_fronts=roadside.close_street(street, layout_rng),
    side_houses=roadside.build_houses(street, layout_rng),
    barriers=roadside.put_up_barriers(street, layout_rng),
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
