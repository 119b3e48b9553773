"""A scene as objects: instances from back to front over a map of stuff.

`from_maps` takes a scene apart, `Layout.maps` puts it together again; without
an edit between them the maps are the same to the pixel. What an instance hid is
filled in from the stuff around it.
"""

from typing import NamedTuple

import numpy as np
from scipy import ndimage

from data_pipeline import instances
from data_pipeline.errors import InputError

# Numbers of the instances of a class, as Cityscapes' ids hold them.
_MAX_NUMBER = instances.FIRST_THING_ID - 1
# Boxes may reach out of the picture by this many of its longer sides.
_MAX_SIDES = 4
# Shapes have at most as many pixels as so many pictures, which bounds memory.
_MAX_PICTURES = 64


class Box(NamedTuple):
  """A rectangle of whole pixels, which may reach out of the picture."""

  top: int
  left: int
  height: int
  width: int


class Instance(NamedTuple):
  """One object.

  Attributes:
    id: as in the instance map.
    label: its class.
    shape: bool [h, w], which pixels of the box are its own. It keeps the size
      that it had at first, so that no scaling loses anything.
    box: where it is, and how large.
    is_flipped: whether left and right are exchanged.
  """

  id: int
  label: int
  shape: np.ndarray
  box: Box
  is_flipped: bool = False

  def pixels(self, size: tuple[int, int]) -> tuple[slice, slice, np.ndarray]:
    """Its rows and columns in a picture of a size, and which pixels of them."""
    top, left, height, width = self.box
    shape = self.shape[:, ::-1] if self.is_flipped else self.shape
    rows = np.arange(max(top, 0), min(top + height, size[0]))
    columns = np.arange(max(left, 0), min(left + width, size[1]))
    mask = shape[
      np.ix_(
        _nearest(rows - top, height, shape.shape[0]),
        _nearest(columns - left, width, shape.shape[1]),
      )
    ]
    return _span(rows), _span(columns), mask


class Layout(NamedTuple):
  """A scene.

  Attributes:
    stuff: uint8 [H, W], the label of each pixel behind all instances.
    instances: from back to front.
    is_cityscapes: whether ids are label * 1000 + k, and the label itself
      elsewhere; otherwise they are dense, 1..999, and 0 elsewhere.
    used_ids: of all instances that there ever were. A new one gets another, so
      that it does not inherit the style of one that was removed.
  """

  stuff: np.ndarray
  instances: tuple[Instance, ...]
  is_cityscapes: bool
  used_ids: frozenset[int]

  @property
  def size(self) -> tuple[int, int]:
    """Height and width."""
    height, width = self.stuff.shape
    return height, width

  def maps(self) -> tuple[np.ndarray, np.ndarray]:
    """Label map uint8 [H, W] and instance map uint16 [H, W]."""
    label_map = self.stuff.copy()
    ids = np.zeros(self.size, np.uint16)
    for instance in self.instances:
      rows, columns, mask = instance.pixels(self.size)
      label_map[rows, columns][mask] = instance.label
      ids[rows, columns][mask] = instance.id
    if self.is_cityscapes:
      ids = np.where(ids == 0, label_map, ids).astype(np.uint16)
    return label_map, ids

  @property
  def num_bytes(self) -> int:
    """The memory that it takes, if it shares none with others."""
    shapes = sum(instance.shape.nbytes for instance in self.instances)
    return self.stuff.nbytes + shapes

  def position(self, instance_id: int) -> int:
    """Which of `instances` has an id; raises InputError if none has."""
    for index, instance in enumerate(self.instances):
      if instance.id == instance_id:
        return index
    raise InputError(
      f'There is no instance {instance_id} in this scene: choose another one.'
    )

  def new_id(self, label: int) -> int:
    """The smallest id for an instance of a class that none ever had.

    Raises:
      InputError: if the class has no number left.
    """
    first = label * instances.FIRST_THING_ID if self.is_cityscapes else 1
    for new in range(first, min(first + _MAX_NUMBER, 2**16)):
      if new not in self.used_ids:
        return new
    raise InputError(
      f'All {_MAX_NUMBER} ids of the label {label} are used: remove instances, '
      'save the scene and open it again.'
    )

  def check_box(self, box: Box) -> Box:
    """Raises InputError if a box is empty, or too large or far to be drawn."""
    limit = _MAX_SIDES * max(self.size)
    if not (1 <= box.height <= limit and 1 <= box.width <= limit) or (
      max(abs(box.top), abs(box.left)) > limit
    ):
      raise InputError(
        f'The box is {tuple(box)} (top, left, height, width), expected a height'
        f' and a width of 1..{limit}, at most {limit} pixels away.'
      )
    return box


def from_maps(
  label_map: np.ndarray,
  dense_map: np.ndarray,
  ids: tuple[int, ...],
  *,
  is_cityscapes: bool,
) -> Layout:
  """Takes a scene apart.

  The instance whose lowest pixel is lower is the nearer one, and in front.

  Args:
    label_map: uint8 [H, W].
    dense_map: uint16 [H, W], 0 for no instance, 1..N.
    ids: those of the instances 1..N.
    is_cityscapes: see `Layout`.
  """
  found = []
  boxes = ndimage.find_objects(dense_map)
  check_shapes(
    sum(np.prod([s.stop - s.start for s in box]) for box in boxes if box),
    dense_map.shape,
  )
  for index, slices in enumerate(boxes):
    if slices is None:
      continue
    rows, columns = slices
    shape = dense_map[slices] == index + 1
    label = int(label_map[slices][shape][0])
    box = Box(rows.start, columns.start, *shape.shape)
    found.append(Instance(ids[index], label, shape, box))
  found.sort(key=lambda instance: instance.box.top + instance.box.height)
  return Layout(
    _filled(label_map, dense_map > 0),
    tuple(found),
    is_cityscapes,
    frozenset(ids),
  )


def check_shapes(num_pixels: int, size: tuple[int, ...]) -> None:
  """Raises InputError if shapes have too many pixels for a picture's size."""
  if num_pixels > _MAX_PICTURES * size[0] * size[1]:
    raise InputError(
      f'The bounding boxes of the instances have {num_pixels} pixels, more '
      f'than {_MAX_PICTURES} times the picture: give each instance one '
      'object.'
    )


def _filled(label_map: np.ndarray, is_hole: np.ndarray) -> np.ndarray:
  """The label map with holes filled from the nearest pixel beside them."""
  if is_hole.all():
    return np.zeros_like(label_map)
  nearest = ndimage.distance_transform_edt(
    is_hole, return_distances=False, return_indices=True
  )
  return label_map[tuple(nearest)]


def _nearest(pixels: np.ndarray, extent: int, length: int) -> np.ndarray:
  """For pixels of `extent`, those with the nearest centers of `length`."""
  return (2 * pixels + 1) * length // (2 * extent)


def _span(pixels: np.ndarray) -> slice:
  return slice(int(pixels[0]), int(pixels[-1]) + 1) if len(pixels) else slice(0)
