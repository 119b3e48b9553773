"""The dimensions of the cars, trucks, buses and trams of the toy streets.

Vehicles have coordinates of their own, in meters: a ahead, b to the right,
c up, from the middle of the ground below.
"""

from typing import NamedTuple


class Model(NamedTuple):
  """Dimensions of a kind of vehicle, in meters.

  Attributes:
    length, width, height: of the whole vehicle.
    belt: height of the lower edge of the windows.
    roof: a of the rear and front end of the roof.
    cabin: a of the rear and front end of the cabin at the belt.
    wheels: a of the wheels.
    radius: of a wheel.
    num_panes: windows on each side.
  """

  length: float
  width: float
  height: float
  belt: float
  roof: tuple[float, float]
  cabin: tuple[float, float]
  wheels: tuple[float, ...]
  radius: float
  num_panes: int


HATCHBACK = Model(
  4.0, 1.75, 1.50, 0.90, (-1.55, 0.25), (-1.92, 1.00), (-1.25, 1.25), 0.33, 2
)
SEDAN = Model(
  4.6, 1.80, 1.45, 0.90, (-0.95, 0.35), (-1.65, 1.05), (-1.40, 1.40), 0.34, 2
)
WAGON = Model(
  4.7, 1.80, 1.50, 0.92, (-1.95, 0.30), (-2.25, 1.05), (-1.45, 1.40), 0.34, 3
)
SUV = Model(
  4.5, 1.90, 1.75, 1.05, (-1.85, 0.35), (-2.15, 0.95), (-1.40, 1.40), 0.39, 2
)
VAN = Model(
  4.9, 1.95, 2.00, 1.10, (-2.25, 0.90), (-2.40, 1.70), (-1.55, 1.60), 0.36, 3
)
CAR_MODELS = (HATCHBACK, SEDAN, WAGON, SUV, VAN)
TRUCK = Model(
  8.0, 2.45, 3.40, 1.60, (2.20, 3.85), (2.10, 3.95), (-2.6, 2.6), 0.50, 1
)
BUS = Model(
  11.5, 2.55, 3.10, 1.25, (-5.6, 5.6), (-5.7, 5.7), (-3.2, 3.4), 0.50, 6
)
TRAM = Model(
  22.0, 2.55, 3.50, 1.35, (-10.6, 10.6), (-10.9, 10.9), (-7, 0, 7), 0.40, 10
)
