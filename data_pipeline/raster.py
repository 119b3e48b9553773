"""A canvas for flat-coloured pictures whose every pixel also has an id.

Colour and id of a sample are packed into one 64-bit word and written
together, so the picture and its map cannot drift apart. The canvas holds
several samples per pixel: the picture is their mean, the map the sample in
the pixel's centre.

Lengths are in units of the picture's height: x is 0..2 from left to right,
y is 0..1 from top to bottom. The same calls draw the same picture at any
resolution.
"""

import functools
from collections.abc import Callable

import numpy as np

# A colour: red, green and blue, 0..1. Values outside are clipped.
Color = tuple[float, float, float]
# From x [1, w] and y [h, 1] to colours [h, w, 3] and mask [h, w].
Shader = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

_ID_SHIFT = np.uint64(32)
_COLOR_BITS = np.uint64(0xFFFFFFFF)
_ID_BITS = np.uint64(0xFFFFFFFF << 32)
# Pictures up to this height have 3 x 3 samples a pixel, larger ones a single
# sample: this bounds the canvas to 151 MB at 1024 and 67 MB at 2048 rows.
_MAX_OVERSAMPLED_HEIGHT = 1024


class Canvas:
  """Samples to draw on, of a picture with twice as many columns as rows.

  Attributes:
    samples_per_unit: sample rows in the whole height.
  """

  def __init__(self, height: int):
    """Starts with black samples of id 0.

    Args:
      height: rows of the picture, in pixels.
    """
    self._oversampling = 3 if height <= _MAX_OVERSAMPLED_HEIGHT else 1
    self.samples_per_unit = height * self._oversampling
    self._samples = np.zeros(
      (self.samples_per_unit, 2 * self.samples_per_unit), np.uint64
    )

  def fill(
    self,
    points: np.ndarray,
    color: Color,
    object_id: int | None,
    bottom_color: Color | None = None,
  ) -> None:
    """Fills a convex polygon.

    Args:
      points: [n, 2], its corners (x, y) in either direction around.
      color: of the polygon.
      object_id: 0..65535; None keeps the ids below, for shadows.
      bottom_color: if given, the colour runs from `color` in the highest
        row to this one in the lowest.
    """
    # Sample i lies at i + 0.5.
    corners = np.asarray(points) * self.samples_per_unit - 0.5
    window = self._window_of(corners)
    if window is None:
      return
    rows, columns = window
    mask = _is_inside(corners, rows, columns)
    if bottom_color is None:
      words = _pack_one(color, object_id)
    else:
      y = corners[:, 1]
      fraction = (rows - y.min()) / max(y.max() - y.min(), 1.0)
      top = np.array(color)
      ramp = top + fraction[:, None] * (np.array(bottom_color) - top)
      words = _pack(ramp, object_id)[:, None]
    self._write(rows, columns, words, mask, object_id)

  def shade(self, box: np.ndarray, shader: Shader, object_id: int) -> None:
    """Computes the colours of all samples in a box.

    Args:
      box: (left, top, right, bottom).
      shader: called with x [1, w] and y [h, 1] of the samples; returns the
        colours [h, w, 3] and a mask [h, w] of the samples to draw.
      object_id: 0..65535.
    """
    corners = np.reshape(box, (2, 2)) * self.samples_per_unit - 0.5
    window = self._window_of(corners)
    if window is None:
      return
    rows, columns = window
    x = (columns[None, :] + 0.5) / self.samples_per_unit
    y = (rows[:, None] + 0.5) / self.samples_per_unit
    colors, mask = shader(x, y)
    self._write(rows, columns, _pack(colors, object_id), mask, object_id)

  def image(self) -> np.ndarray:
    """The picture, uint8 [H, W, 3]."""
    step = self._oversampling
    height = self.samples_per_unit // step
    if step == 1:
      return np.stack(_channels(self._samples), -1)
    # All three channels are summed in one word, 16 bits for each: a row of
    # 9 bytes of up to 255 needs 12.
    spread = (
      (self._samples & np.uint64(0xFF))
      | (self._samples & np.uint64(0xFF00)) << np.uint64(8)
      | (self._samples & np.uint64(0xFF0000)) << np.uint64(16)
    )
    rows = spread[0::3] + spread[1::3] + spread[2::3]
    sums = rows[:, 0::3] + rows[:, 1::3] + rows[:, 2::3]
    pixels = np.empty((height, 2 * height, 3), np.uint8)
    for channel in range(3):
      value = (sums >> np.uint64(16 * channel)) & np.uint64(0xFFFF)
      # + 4: rounds the division by 9 to the nearest.
      pixels[..., channel] = (value + np.uint64(4)) // np.uint64(9)
    return pixels

  def ids(self) -> np.ndarray:
    """The ids in the centres of the pixels, uint16 [H, W]."""
    step = self._oversampling
    centres = self._samples[step // 2 :: step, step // 2 :: step]
    return (centres >> _ID_SHIFT).astype(np.uint16)

  def _window_of(
    self, corners: np.ndarray
  ) -> tuple[np.ndarray, np.ndarray] | None:
    """Rows and columns of the samples around `corners`; None if none."""
    left, top = corners.min(0).tolist()
    right, bottom = corners.max(0).tolist()
    num_rows, num_columns = self._samples.shape
    first_row, last_row = max(0, -int(-top // 1)), min(num_rows - 1, bottom)
    first_column = max(0, -int(-left // 1))
    last_column = min(num_columns - 1, right)
    if first_row > last_row or first_column > last_column:
      return None
    return (
      np.arange(first_row, int(last_row) + 1),
      np.arange(first_column, int(last_column) + 1),
    )

  def _write(self, rows, columns, words, mask, object_id) -> None:
    samples = self._samples[
      rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1
    ]
    if object_id is None:
      words = (samples & _ID_BITS) | words
    np.copyto(samples, words, where=mask)


def disc(
  x: float, y: float, radius_x: float, radius_y: float | None = None
) -> np.ndarray:
  """Corners [16, 2] of an ellipse around (x, y); a circle without radius_y."""
  if radius_y is None:
    radius_y = radius_x
  return _unit_circle() * (radius_x, radius_y) + (x, y)


def rectangle(
  left: float, top: float, right: float, bottom: float
) -> np.ndarray:
  """Corners [4, 2] of an upright rectangle."""
  return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


@functools.lru_cache
def _unit_circle() -> np.ndarray:
  angle = np.arange(16) * (2 * np.pi / 16) + np.pi / 16
  return np.stack([np.cos(angle), np.sin(angle)], -1)


@functools.lru_cache
def _successors(num_corners: int) -> np.ndarray:
  return (np.arange(num_corners) + 1) % num_corners


def _is_inside(
  corners: np.ndarray, rows: np.ndarray, columns: np.ndarray
) -> np.ndarray:
  """Mask [h, w] of the samples inside a convex polygon.

  Every row is cut by the lines through the polygon's edges. Edges that run
  downward bound it on one side, the others on the other side.
  """
  nexts = corners[_successors(len(corners))]
  steps = nexts - corners
  dy = steps[:, 1]
  is_sloped = np.abs(dy) > 1e-9
  if not is_sloped.any():
    return np.zeros((len(rows), len(columns)), bool)
  slope = steps[:, 0] / np.where(is_sloped, dy, 1.0)
  crossings = corners[:, :1] + slope[:, None] * (rows - corners[:, 1:])
  down = crossings[(dy > 0) & is_sloped]
  up = crossings[(dy < 0) & is_sloped]
  area = (corners[:, 0] * nexts[:, 1] - nexts[:, 0] * corners[:, 1]).sum()
  lefts, rights = (up, down) if area > 0 else (down, up)
  left = lefts.max(0)[:, None]
  right = rights.min(0)[:, None]
  return (columns >= left) & (columns <= right)


def _pack_one(color: Color, object_id: int | None) -> np.uint64:
  red, green, blue = (min(255, max(0, int(c * 255 + 0.5))) for c in color)
  word = red | green << 8 | blue << 16 | (object_id or 0) << 32
  return np.uint64(word)


def _pack(colors: np.ndarray, object_id: int | None) -> np.ndarray:
  """Colours [..., 3] to words uint64 [...]."""
  levels = np.clip(colors * 255 + 0.5, 0, 255).astype(np.uint64)
  words = levels[..., 0] | levels[..., 1] << np.uint64(8)
  words |= levels[..., 2] << np.uint64(16)
  return words | np.uint64((object_id or 0) << 32)


def _channels(samples: np.ndarray) -> list[np.ndarray]:
  return [
    (samples >> np.uint64(8 * channel)).astype(np.uint8) for channel in range(3)
  ]
