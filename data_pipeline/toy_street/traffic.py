"""The cars, persons and two-wheelers of a toy street, and their positions.

Positions come from one random generator and colors from another, so the colors
of objects are independent of the maps.
"""

import functools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data_pipeline.cityscapes import labels
from data_pipeline.toy_street import (
  backdrop,
  people,
  perspective,
  raster,
  vehicle_models,
  vehicles,
)

PERSON = labels.TABLE.named('person').id
RIDER = labels.TABLE.named('rider').id
CAR = labels.TABLE.named('car').id
TRUCK = labels.TABLE.named('truck').id
BUS = labels.TABLE.named('bus').id
TRAIN = labels.TABLE.named('train').id
MOTORCYCLE = labels.TABLE.named('motorcycle').id
BICYCLE = labels.TABLE.named('bicycle').id

_PAINTS = np.array(
  [
    (0.90, 0.08, 0.08),  # red
    (0.10, 0.25, 0.88),  # blue
    (1.00, 0.84, 0.05),  # yellow
    (1.00, 1.00, 1.00),  # white
    (0.06, 0.06, 0.08),  # black
    (0.05, 0.60, 0.22),  # green
    (1.00, 0.50, 0.03),  # orange
    (0.78, 0.80, 0.82),  # silver
    (0.00, 0.66, 0.66),  # teal
    (0.55, 0.03, 0.15),  # maroon
    (0.35, 0.75, 1.00),  # sky blue
    (0.55, 0.12, 0.70),  # purple
    (1.00, 0.55, 0.70),  # pink
    (0.65, 0.90, 0.08),  # lime
  ]
)
_SKINS = ((0.96, 0.80, 0.68), (0.85, 0.64, 0.48), (0.55, 0.37, 0.26))
_HAIRS = (
  (0.12, 0.09, 0.08),
  (0.35, 0.22, 0.12),
  (0.80, 0.62, 0.30),
  (0.60, 0.58, 0.56),
)
_TROUSERS = (
  (0.16, 0.22, 0.42),
  (0.13, 0.13, 0.15),
  (0.55, 0.47, 0.35),
  (0.35, 0.37, 0.40),
)
_AWAY, _TOWARD, _ACROSS = 0.0, np.pi, np.pi / 2


class Item(NamedTuple):
  """An object or a piece of stuff that stands in the street.

  Attributes:
    z: its distance in meters. Far items are rendered first.
    label: its label id.
    is_single: True for an object with an id of its own, False for stuff and
      for the members of a group.
    render: called with (canvas, camera, id).
  """

  z: float
  label: int
  is_single: bool
  render: Callable[[raster.Canvas, perspective.Camera, int], None]


class Traffic:
  """Collects the objects of one street."""

  def __init__(
    self,
    street: backdrop.Street,
    layout_rng: np.random.Generator,
    color_rng: np.random.Generator,
  ):
    """Starts without objects.

    Args:
      street: where to put them.
      layout_rng: samples everything that changes the maps.
      color_rng: samples everything else.
    """
    self.items: list[Item] = []
    self._cars: list[tuple[float, float]] = []
    self._street = street
    self._layout_rng = layout_rng
    self._color_rng = color_rng

  def add_parked_cars(self, side: int, first: float, share: float) -> None:
    """Parks cars along a curb.

    Args:
      side: -1 left, 1 right.
      first: Z of the first parking space.
      share: of the spaces that are taken.
    """
    curb = self._street.road[0 if side < 0 else 1]
    heading = _AWAY if side > 0 else _TOWARD
    z = first
    while z < self._street.end - 4:
      if self._layout_rng.random() < share:
        x = curb - side * (1.15 + self._layout_rng.normal(0, 0.08))
        tilt = self._layout_rng.normal(0, 0.015)
        self.add_car(x, z, heading + tilt)
      z += 5.2 + self._layout_rng.exponential(0.5)

  def add_driving_cars(self, count: int) -> None:
    """Puts cars on the lanes: ahead, oncoming and a few across."""
    left, right = self._street.road
    for _ in range(count):
      z = min(self._distance(33.0, 0.75), self._street.end - 3)
      kind = self._layout_rng.choice(3, p=(0.5, 0.38, 0.12))
      if kind == 0:
        x = self._layout_rng.choice((0.0, max(0.0, right - 4.0)))
        self.add_car(x + self._layout_rng.normal(0, 0.25), max(z, 10.5), _AWAY)
      elif kind == 1:
        x = self._layout_rng.uniform(min(left + 3.6, -3.0), -2.9)
        self.add_car(x, max(z, 9.0), _TOWARD)
      else:
        x = self._layout_rng.uniform(left + 2, right - 2)
        heading = _ACROSS * self._layout_rng.choice((-1, 1))
        self.add_car(x, max(z, 14.0), heading)

  def add_car(
    self, x: float, z: float, heading: float, is_single: bool = True
  ) -> None:
    """Puts one car of any model at (x, z), unless another stands there."""
    if any(abs(x - x1) < 2.1 and abs(z - z1) < 5.0 for x1, z1 in self._cars):
      return
    self._cars.append((x, z))
    shares = (0.32, 0.24, 0.20, 0.14, 0.10)
    model = vehicle_models.CAR_MODELS[self._layout_rng.choice(5, p=shares)]
    self._add_vehicle(CAR, model, (x, z, heading), is_single)

  def add_large_vehicles(self) -> None:
    """In some streets, adds a truck, a bus or a tram."""
    left, right = self._street.road
    for label, model, chance in (
      (TRUCK, vehicle_models.TRUCK, 0.10),
      (BUS, vehicle_models.BUS, 0.07),
      (TRAIN, vehicle_models.TRAM, 0.06),
    ):
      if self._layout_rng.random() < chance:
        z = max(26.0, self._distance(45.0, 0.4))
        x = left + 3.2 if self._layout_rng.random() < 0.6 else right - 1.6
        heading = _TOWARD if x < 0 else _AWAY
        self._add_vehicle(label, model, (x, z, heading))

  def add_pedestrians(self, count: int, nearest: float = 9.0) -> None:
    """Puts `count` persons on sidewalks and street, some side by side."""
    while count > 0:
      size = min(count, 1 + int(self._layout_rng.geometric(0.6) - 1))
      x, z = self._sidewalk_position(nearest)
      if self._layout_rng.random() < 0.12:  # Crosses the street.
        x = self._layout_rng.uniform(*self._street.road)
      for member in range(size):
        self.add_person(x + 0.55 * member, z + 0.1 * member)
      count -= size

  def add_near_pedestrian(self) -> None:
    """Puts one person or a pair near the camera, where they are large."""
    side = self._layout_rng.integers(2)
    curb, wall = self._street.road[side], self._street.walls[side]
    x = curb + (wall - curb) * self._layout_rng.uniform(-0.3, 0.5)
    z = self._layout_rng.uniform(12.0, 20.0)
    self.add_person(x, z)
    if self._layout_rng.random() < 0.4:
      self.add_person(x + 0.6, z + 0.1)

  def add_person(self, x: float, z: float, is_single: bool = True) -> None:
    """Puts one person at (x, z)."""
    is_child = self._layout_rng.random() < 0.1
    height = self._layout_rng.normal(1.72, 0.09) * (0.7 if is_child else 1.0)
    figure = people.Figure(height, self._layout_rng.uniform(-0.11, 0.11))
    render = functools.partial(
      people.render_person,
      figure=figure,
      clothes=self._clothes(),
      position=(x, z),
    )
    self.items.append(Item(z, PERSON, is_single, render))

  def add_parked_two_wheelers(self, count: int) -> None:
    """Leans bicycles and motorcycles in rows on the sidewalks."""
    while count > 0:
      size = min(count, int(self._layout_rng.geometric(0.45)))
      x, z = self._sidewalk_position(9.0, 32.0)
      is_motorcycle = self._layout_rng.random() < 0.33
      width = self._layout_rng.uniform(0.6, 1.0) * self._layout_rng.choice(
        (-1, 1)
      )
      for member in range(size):
        pose = (x, z + 0.7 * member, width)
        self._add_two_wheeler(is_motorcycle, pose)
      count -= size

  def add_riders(self, count: int) -> None:
    """Puts persons on bicycles and motorcycles on the street."""
    left, right = self._street.road
    for _ in range(count):
      z = self._distance(30.0, 0.6)
      x = self._layout_rng.choice((left + 3.0, right - 2.7))
      width = self._layout_rng.uniform(0.3, 1.0) * self._layout_rng.choice(
        (-1, 1)
      )
      self._add_two_wheeler(self._layout_rng.random() < 0.3, (x, z, width))
      render = functools.partial(
        people.render_rider, clothes=self._clothes(), pose=(x, z, width)
      )
      self.items.append(Item(z - 0.01, RIDER, True, render))

  def add_groups(self) -> None:
    """In some streets, adds far objects without ids of their own."""
    far = min(self._street.end - 2, 80.0)
    left, right = self._street.road
    if self._layout_rng.random() < 0.30:
      for _ in range(self._layout_rng.integers(3, 9)):
        x = self._layout_rng.uniform(left + 1, right - 1)
        z = self._layout_rng.uniform(far * 0.75, far)
        self.add_car(x, z, _TOWARD, is_single=False)
    if self._layout_rng.random() < 0.17:
      x, z = self._sidewalk_position(25.0)
      for _ in range(self._layout_rng.integers(4, 10)):
        self.add_person(x + self._layout_rng.normal(0, 0.9), z, is_single=False)
    if self._layout_rng.random() < 0.13:
      x, z = self._sidewalk_position(14.0)
      for member in range(self._layout_rng.integers(3, 8)):
        pose = (x, z + 0.5 * member, 0.8)
        self._add_two_wheeler(False, pose, is_single=False)

  def _add_vehicle(
    self,
    label: int,
    model: vehicle_models.Model,
    pose: tuple[float, float, float],
    is_single: bool = True,
  ) -> None:
    paint = _PAINTS[self._color_rng.integers(len(_PAINTS))]
    color = raster.as_color(paint + self._color_rng.normal(0, 0.03, 3))
    render = functools.partial(
      vehicles.render_vehicle, model=model, color=color, pose=pose
    )
    self.items.append(Item(pose[1], label, is_single, render))

  def _add_two_wheeler(
    self,
    is_motorcycle: bool,
    pose: tuple[float, float, float],
    is_single: bool = True,
  ) -> None:
    color = self._any_color()
    render_kind = (
      people.render_motorcycle if is_motorcycle else people.render_bicycle
    )
    label = MOTORCYCLE if is_motorcycle else BICYCLE
    render = functools.partial(render_kind, color=color, pose=pose)
    self.items.append(Item(pose[1], label, is_single, render))

  def _clothes(self) -> people.Clothes:
    return people.Clothes(
      skin=_SKINS[self._color_rng.integers(len(_SKINS))],
      hair=_HAIRS[self._color_rng.integers(len(_HAIRS))],
      shirt=self._any_color(),
      trousers=_TROUSERS[self._color_rng.integers(len(_TROUSERS))],
    )

  def _any_color(self) -> raster.Color:
    paint = _PAINTS[self._color_rng.integers(len(_PAINTS))]
    return raster.as_color(paint + self._color_rng.normal(0, 0.05, 3))

  def _distance(self, median: float, spread: float) -> float:
    z = median * np.exp(self._layout_rng.normal(0, spread))
    return float(np.clip(z, 6.5, self._street.end - 1))

  def _sidewalk_position(
    self, nearest: float, median: float = 60.0
  ) -> tuple[float, float]:
    side = self._layout_rng.integers(2)
    curb, wall = self._street.road[side], self._street.walls[side]
    x = curb + (wall - curb) * self._layout_rng.uniform(0.15, 0.85)
    return x, max(nearest, self._distance(median, 0.70))
