"""Grids of images: a row for each scene, its maps and images as columns."""

import os
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_pipeline import atomic_file, image_file, labels

_MARGIN = 6  # Pixels between tiles.
_HEADER = 26  # Pixels above the first row.
_MIN_TILE_WIDTH = 320  # Smaller images are enlarged.
_STUFF_GRAY = 64


def colorize_instances(instance_map: np.ndarray) -> np.ndarray:
  """Dense ids [..., H, W] -> uint8 RGB: a hue for each, gray for no instance.

  Successive ids get hues a golden angle apart, so that neighbors differ.
  """
  palette = np.full((int(instance_map.max()) + 1, 3), _STUFF_GRAY, np.uint8)
  for i in range(1, len(palette)):
    palette[i] = labels.distinct_color(i)
  return palette[instance_map]


def image_grid(
  *,
  label_maps: np.ndarray,
  instance_maps: np.ndarray,
  images: dict[str, np.ndarray],
  label_table: labels.LabelTable,
  names: Sequence[str] = (),
) -> np.ndarray:
  """Lays out scenes: a row for each, with its maps and images.

  Args:
    label_maps: uint8 [N, H, W], label ids.
    instance_maps: int [N, H, W], dense ids.
    images: uint8 [N, H, W, 3] by the title of their column.
    label_table: the classes, for the colors of label maps.
    names: of the scenes, written on their label maps.

  Returns:
    uint8 [height, width, 3].
  """
  columns = {
    'label map': (
      label_table.colorize(label_maps),
      Image.Resampling.NEAREST,
    ),
    'instance map': (
      colorize_instances(instance_maps),
      Image.Resampling.NEAREST,
    ),
  }
  for title, column in images.items():
    columns[title] = (column, Image.Resampling.BICUBIC)
  num_scenes, height, width = label_maps.shape
  scale = -(-_MIN_TILE_WIDTH // width)
  tile = (width * scale, height * scale)
  grid = Image.new(
    'RGB',
    (
      len(columns) * (tile[0] + _MARGIN) + _MARGIN,
      num_scenes * (tile[1] + _MARGIN) + _HEADER,
    ),
    'white',
  )
  pen, font = ImageDraw.Draw(grid), ImageFont.load_default(15)
  for i, (title, (column, resampling)) in enumerate(columns.items()):
    left = _MARGIN + i * (tile[0] + _MARGIN)
    pen.text((left, 4), title, fill='black', font=font)
    for row, image in enumerate(column):
      top = _HEADER + row * (tile[1] + _MARGIN)
      grid.paste(Image.fromarray(image).resize(tile, resampling), (left, top))
  for row, name in enumerate(names):
    bottom = _HEADER + row * (tile[1] + _MARGIN) + tile[1]
    place = (_MARGIN + 4, bottom - 4)
    box = pen.textbbox(place, name, font=font, anchor='lb')
    pen.rectangle((box[0] - 3, box[1] - 2, box[2] + 3, box[3] + 2), 'black')
    pen.text(place, name, fill='white', font=font, anchor='lb')
  return np.asarray(grid)


def save_png(
  path: str | os.PathLike,
  image: np.ndarray,
  text: Mapping[str, str] | None = None,
) -> None:
  """Writes uint8 [H, W, 3] as PNG with text chunks; the folder is made."""
  with atomic_file.replacing(path) as partial:
    partial.write_bytes(image_file.encode_png(image, text))
