"""Edits of layouts, as pure functions: move, scale, flip, order, paint.

Each gives another layout and leaves the one that it got. Raises InputError for
ids that a scene does not have, and for boxes that cannot be drawn.
"""

import numpy as np
from scipy import ndimage

from data_pipeline.errors import InputError
from instgan_jax.apps.studio import layout as layout_lib
from instgan_jax.apps.studio.layout import Box, Instance, Layout

MAX_INSTANCES = 1000


def place(layout: Layout, instance_id: int, box: Box) -> Layout:
  """Moves or scales an instance: its shape fills the box."""
  return _changed(layout, instance_id, box=layout.check_box(box))


def flip(layout: Layout, instance_id: int) -> Layout:
  """Exchanges left and right of an instance, in its place."""
  is_flipped = layout.instances[layout.position(instance_id)].is_flipped
  return _changed(layout, instance_id, is_flipped=not is_flipped)


def remove(layout: Layout, instance_id: int) -> Layout:
  """Takes an instance away; what it hid comes to light."""
  index = layout.position(instance_id)
  rest = layout.instances[:index] + layout.instances[index + 1 :]
  return layout._replace(instances=rest)


def order(layout: Layout, instance_id: int, position: int) -> Layout:
  """Puts an instance at a position from 0, the back, to the front."""
  instance = layout.instances[layout.position(instance_id)]
  rest = list(remove(layout, instance_id).instances)
  rest.insert(min(max(position, 0), len(rest)), instance)
  return layout._replace(instances=tuple(rest))


def copy(layout: Layout, instance_id: int, box: Box) -> Layout:
  """Puts a copy of an instance, with an id of its own, in front of it."""
  index = layout.position(instance_id)
  source = layout.instances[index]
  return _with(layout, source._replace(box=box), index + 1)


def add(layout: Layout, label: int, shape: np.ndarray, box: Box) -> Layout:
  """Puts a new instance in front of all.

  Args:
    layout: the scene.
    label: its class.
    shape: bool [h, w], which pixels of the box are its own.
    box: where it is, and how large.
  """
  if shape.ndim != 2 or not shape.any():
    raise InputError(
      f'The shape is {shape.shape} with {int(shape.sum())} pixels, expected '
      '[h, w] with at least one.'
    )
  present = sum(instance.shape.size for instance in layout.instances)
  layout_lib.check_shapes(present + shape.size, layout.size)
  instance = Instance(0, label, shape, box)
  return _with(layout, instance, len(layout.instances))


def paint(
  layout: Layout, label: int, points: np.ndarray, radius: float
) -> Layout:
  """Draws a line of stuff, behind all instances, with a round brush.

  Args:
    layout: the scene.
    label: of the stuff.
    points: float [N, 2], (row, column) of the corners of the line, in pixels;
      0.5 is the center of the first.
    radius: of the brush, in pixels. The pixel at a point is always painted.
  """
  stuff = layout.stuff.copy()
  starts = points[:1] if len(points) == 1 else points[:-1]
  for start, end in zip(starts, points[-len(starts) :], strict=True):
    _paint_segment(stuff, label, start, end, max(radius, 0.5**0.5))
  return layout._replace(stuff=stuff)


def fill(layout: Layout, label: int, point: tuple[float, float]) -> Layout:
  """Gives another label to all stuff that is connected with a point."""
  row, column = (int(np.floor(value)) for value in point)
  height, width = layout.size
  if not (0 <= row < height and 0 <= column < width):
    raise InputError(
      f'The point is ({row}, {column}), expected one in {height}x{width} '
      '(height x width).'
    )
  regions, _ = ndimage.label(layout.stuff == layout.stuff[row, column])
  is_filled = regions == regions[row, column]
  return layout._replace(
    stuff=np.where(is_filled, label, layout.stuff).astype(np.uint8)
  )


def _changed(layout: Layout, instance_id: int, **changes) -> Layout:
  index = layout.position(instance_id)
  changed = list(layout.instances)
  changed[index] = changed[index]._replace(**changes)
  return layout._replace(instances=tuple(changed))


def _with(layout: Layout, instance: Instance, index: int) -> Layout:
  """The layout with one more instance, which gets its id here."""
  if len(layout.instances) >= MAX_INSTANCES:
    raise InputError(
      f'The scene has {MAX_INSTANCES} instances, the most that it can have: '
      'remove some first.'
    )
  layout.check_box(instance.box)
  instance = instance._replace(id=layout.new_id(instance.label))
  return layout._replace(
    instances=(*layout.instances[:index], instance, *layout.instances[index:]),
    used_ids=layout.used_ids | {instance.id},
  )


def _paint_segment(stuff, label, start, end, radius) -> None:
  """Paints the pixels whose centers are within `radius` of a line."""
  first = np.floor(np.minimum(start, end) - radius).astype(int)
  last = np.ceil(np.maximum(start, end) + radius).astype(int)
  (top, left), (bottom, right) = (
    np.clip(corner, 0, stuff.shape) for corner in (first, last)
  )
  if top >= bottom or left >= right:
    return
  centers = np.moveaxis(np.mgrid[top:bottom, left:right], 0, -1) + 0.5
  way = end - start
  along = (centers - start) @ way / max(way @ way, 1e-9)
  nearest = start + np.clip(along, 0.0, 1.0)[..., None] * way
  is_near = np.sum((centers - nearest) ** 2, axis=-1) <= radius**2
  stuff[top:bottom, left:right][is_near] = label
