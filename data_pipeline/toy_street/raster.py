"""A canvas for flat-colored images with an id for every pixel.

Color and id of a sample are packed into one 64-bit word and written
together, so the image and its map cannot drift apart. The canvas holds
several samples per pixel: the image is their mean, the map the sample in
the pixel's center.

Lengths are in units of the image's height: x is 0..2 from left to right,
y is 0..1 from top to bottom. The same calls render the same image at any
resolution.
"""

import functools
import math
from collections.abc import Callable, Sequence

import numpy as np

# A color: red, green and blue, 0..1. Values outside are clipped.
Color = tuple[float, float, float]
# From x [w] and y [h, 1] of samples to a palette of each column, colors
# [k, w, 3], and the choice int [h, w] of 0..k - 1 at each sample, -1 for none.
Shader = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]

_ID_SHIFT = np.uint64(32)
_ID_BITS = np.uint64(0xFFFFFFFF << 32)
# Images up to this height have 3 x 3 samples a pixel, larger ones a single
# sample: this bounds the canvas to 151 MB at 1024 and 67 MB at 2048 rows.
_MAX_OVERSAMPLED_HEIGHT = 1024


class Canvas:
  """Samples to render on, of an image with twice as many columns as rows.

  Attributes:
    samples_per_unit: sample rows in the height of the image.
  """

  def __init__(self, height: int):
    """Starts with black samples of id 0.

    Args:
      height: rows of the image, in pixels.
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
      bottom_color: if given, the color runs from `color` in the highest
        row of the image that is filled to this one in the lowest.
    """
    # Sample i lies at i + 0.5.
    corners = (np.asarray(points) * self.samples_per_unit - 0.5).tolist()
    num_rows, num_columns = self._samples.shape
    xs = [x for x, _ in corners]
    if max(xs) < 0 or min(xs) >= num_columns:
      return
    first_row, lefts, rights = _spans(corners, num_rows)
    words: Sequence[np.uint64] | np.ndarray
    if bottom_color is None:
      words = [_pack_one(color, object_id)] * len(lefts)
    else:
      fraction = np.linspace(0.0, 1.0, len(lefts))[:, None]
      top, bottom = np.array(color), np.array(bottom_color)
      words = _pack(top + fraction * (bottom - top), object_id)
    self._write_rows(first_row, lefts, rights, words, object_id)

  def fill_ellipse(
    self,
    box: tuple[float, float, float, float],
    color: Color,
    object_id: int,
  ) -> None:
    """Fills an ellipse.

    Args:
      box: (x, y, radius_x, radius_y).
      color: of the ellipse.
      object_id: 0..65535.
    """
    x, y, radius_x, radius_y = (value * self.samples_per_unit for value in box)
    num_rows, num_columns = self._samples.shape
    first_row = max(0, math.ceil(y - radius_y - 0.5))
    end_row = min(num_rows, math.floor(y + radius_y - 0.5) + 1)
    is_beside = x + radius_x < 0 or x - radius_x >= num_columns
    if first_row >= end_row or is_beside:
      return
    height = (np.arange(first_row + 0.5, end_row) - y) / radius_y
    half = radius_x * np.sqrt(np.maximum(1.0 - height * height, 0.0))
    lefts, rights = (x - 0.5 - half).tolist(), (x - 0.5 + half).tolist()
    words = [_pack_one(color, object_id)] * len(lefts)
    self._write_rows(first_row, lefts, rights, words, object_id)

  def shade(self, box: np.ndarray, shader: Shader, object_id: int) -> None:
    """Computes the colors of all samples in a box.

    Args:
      box: (left, top, right, bottom).
      shader: see `Shader`.
      object_id: 0..65535.
    """
    left, top, right, bottom = (
      np.asarray(box) * self.samples_per_unit - 0.5
    ).tolist()
    num_rows, num_columns = self._samples.shape
    top, bottom = max(0, math.ceil(top)), min(num_rows, math.floor(bottom) + 1)
    left, right = max(0, math.ceil(left)), min(num_columns, int(right) + 1)
    if top >= bottom or left >= right:
      return
    columns, rows = np.arange(left, right), np.arange(top, bottom)
    palette, choice = shader(
      (columns + 0.5) / self.samples_per_unit,
      (rows[:, None] + 0.5) / self.samples_per_unit,
    )
    words = _pack(palette, object_id)[choice, columns - left]
    samples = self._samples[top:bottom, left:right]
    np.copyto(samples, words, where=choice >= 0)

  def image(self) -> np.ndarray:
    """The image, uint8 [H, W, 3]."""
    step = self._oversampling
    height = self.samples_per_unit // step
    if step == 1:
      return np.stack(_channels(self._samples), -1)
    # All three channels are summed in one word, 16 bits for each: a row of
    # 9 bytes of up to 255 needs 12.
    channels = (
      (self._samples & np.uint64(0xFF))
      | (self._samples & np.uint64(0xFF00)) << np.uint64(8)
      | (self._samples & np.uint64(0xFF0000)) << np.uint64(16)
    )
    rows = channels[0::3] + channels[1::3] + channels[2::3]
    sums = rows[:, 0::3] + rows[:, 1::3] + rows[:, 2::3]
    pixels = np.empty((height, 2 * height, 3), np.uint8)
    for channel in range(3):
      value = (sums >> np.uint64(16 * channel)) & np.uint64(0xFFFF)
      # + 4: rounds the division by 9 to the nearest.
      pixels[..., channel] = (value + np.uint64(4)) // np.uint64(9)
    return pixels

  def ids(self) -> np.ndarray:
    """The ids in the centers of the pixels, uint16 [H, W]."""
    step = self._oversampling
    centers = self._samples[step // 2 :: step, step // 2 :: step]
    return (centers >> _ID_SHIFT).astype(np.uint16)

  def _write_rows(
    self,
    first_row: int,
    lefts: Sequence[float],
    rights: Sequence[float],
    words: Sequence[np.uint64] | np.ndarray,
    object_id: int | None,
  ) -> None:
    """Writes one word into each row, from its left to its right x."""
    for row, (left, right, word) in enumerate(
      zip(lefts, rights, words, strict=True), first_row
    ):
      if right < 0:
        continue
      first = math.ceil(left) if left > 0 else 0
      if object_id is None:
        samples = self._samples[row, first : int(right) + 1]
        samples &= _ID_BITS
        samples |= word
      else:
        self._samples[row, first : int(right) + 1] = word


def disc(
  x: float, y: float, radius_x: float, radius_y: float | None = None
) -> np.ndarray:
  """Corners [16, 2] of an ellipse around (x, y); by default a circle."""
  if radius_y is None:
    radius_y = radius_x
  return _unit_circle() * (radius_x, radius_y) + (x, y)


def rectangle(
  left: float, top: float, right: float, bottom: float
) -> np.ndarray:
  """Corners [4, 2] of an upright rectangle."""
  return np.array([[left, top], [right, top], [right, bottom], [left, bottom]])


def lit(color: Color, light: float) -> Color:
  """A color times a factor."""
  red, green, blue = color
  return red * light, green * light, blue * light


def as_color(values: np.ndarray) -> Color:
  """An array [3] as a color."""
  red, green, blue = values.tolist()
  return red, green, blue


@functools.lru_cache
def _unit_circle() -> np.ndarray:
  angle = np.arange(16) * (2 * np.pi / 16) + np.pi / 16
  return np.stack([np.cos(angle), np.sin(angle)], -1)


def _spans(
  corners: list[list[float]], num_rows: int
) -> tuple[int, list[float], list[float]]:
  """The rows that cross a convex polygon, and where.

  Plain Python is faster than numpy here: most polygons cross a dozen rows.

  Args:
    corners: (x, y), in samples.
    num_rows: of the canvas.

  Returns:
    The first row, and x of the left and right end in it and those below.
  """
  ys = [y for _, y in corners]
  first_row = max(0, math.ceil(min(ys)))
  end_row = min(num_rows, math.ceil(max(ys)))
  if first_row >= end_row:
    return 0, [], []
  lefts = [math.inf] * (end_row - first_row)
  rights = [-math.inf] * (end_row - first_row)
  x0, y0 = corners[-1]
  for x1, y1 in corners:
    upper, lower = (y0, y1) if y0 < y1 else (y1, y0)
    start, stop = max(first_row, math.ceil(upper)), math.ceil(lower)
    if start < stop:
      slope = (x1 - x0) / (y1 - y0)
      x = x0 + (start - y0) * slope
      for row in range(start - first_row, min(stop, end_row) - first_row):
        if x < lefts[row]:
          lefts[row] = x
        if x > rights[row]:
          rights[row] = x
        x += slope
    x0, y0 = x1, y1
  return first_row, lefts, rights


@functools.lru_cache(maxsize=4096)
def _pack_one(color: Color, object_id: int | None) -> np.uint64:
  red, green, blue = (min(255, max(0, int(c * 255 + 0.5))) for c in color)
  word = red | green << 8 | blue << 16 | (object_id or 0) << 32
  return np.uint64(word)


def _pack(colors: np.ndarray, object_id: int | None) -> np.ndarray:
  """Colors [..., 3] to words uint64 [...]."""
  levels = np.clip(colors * 255 + 0.5, 0, 255).astype(np.uint64)
  words = levels[..., 0] | levels[..., 1] << np.uint64(8)
  words |= levels[..., 2] << np.uint64(16)
  return words | np.uint64((object_id or 0) << 32)


def _channels(samples: np.ndarray) -> list[np.ndarray]:
  return [
    (samples >> np.uint64(8 * channel)).astype(np.uint8) for channel in range(3)
  ]
