"""The roadside of a toy street: houses, trees, poles, fences and walls."""

import functools

import numpy as np

from data_pipeline.toy_street import backdrop, houses, raster
from data_pipeline.toy_street.traffic import Item

# X, (near, far), height, label of a fence or wall.
Barrier = tuple[float, tuple[float, float], float, int]

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


def build_houses(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[houses.House]:
  """Rows of houses with gaps on both sides, from far to near."""
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


def close_street(
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


def plant_trees(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[Item]:
  """Trees along the curbs and across the far end, bushes along the walls."""
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


def put_up_poles(
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


def put_up_barriers(
  street: backdrop.Street, layout_rng: np.random.Generator
) -> list[Barrier]:
  """At most one fence and one wall, each along one side."""
  barriers = []
  for label, chance in ((backdrop.FENCE, 0.4), (backdrop.WALL, 0.35)):
    if layout_rng.random() < chance:
      side = layout_rng.integers(2)
      x = street.walls[side] - np.sign(street.walls[side]) * 0.3
      near = layout_rng.uniform(6.0, 22.0)
      span = (near, near + layout_rng.uniform(8.0, 25.0))
      barriers.append((x, span, layout_rng.uniform(1.2, 2.0), label))
  return barriers
