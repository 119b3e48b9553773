"""The sheet of samples: a row for each scene, maps, photo and drawings."""

import colorsys
import os
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from data_pipeline import labels

_MARGIN = 6  # Pixels between tiles.
_HEADER = 26  # Pixels above the first row.
_MIN_TILE_WIDTH = 320  # Smaller pictures are enlarged for the eye.
_STUFF_GRAY = 64


def colorize_instances(instance_map: np.ndarray) -> np.ndarray:
  """Dense ids [..., H, W] -> uint8 RGB: a hue for each, no instance is gray.

  Neighbouring ids get hues a golden angle apart, so that they differ.
  """
  palette = np.full((int(instance_map.max()) + 1, 3), _STUFF_GRAY, np.uint8)
  for i in range(1, len(palette)):
    lightness = (0.55, 0.7, 0.42)[i % 3]
    rgb = colorsys.hls_to_rgb(i * 0.618034 % 1.0, lightness, 0.75)
    palette[i] = np.round(255 * np.array(rgb))
  return palette[instance_map]


def sample_sheet(
  *,
  label_maps: np.ndarray,
  instance_maps: np.ndarray,
  images: np.ndarray,
  draws: list[np.ndarray],
) -> np.ndarray:
  """Lays out scenes and draws of them, see `comparison_sheet`.

  Args:
    label_maps: uint8 [N, H, W], label ids.
    instance_maps: int [N, H, W], dense ids.
    images: uint8 [N, H, W, 3], the real images.
    draws: uint8 [N, H, W, 3] each, generated with other instance styles.
  """
  return comparison_sheet(
    label_maps=label_maps,
    instance_maps=instance_maps,
    pictures={
      'real image': images,
      **{f'generated, draw {i}': draw for i, draw in enumerate(draws, 1)},
    },
  )


def comparison_sheet(
  *,
  label_maps: np.ndarray,
  instance_maps: np.ndarray,
  pictures: dict[str, np.ndarray],
) -> np.ndarray:
  """Lays out scenes for the eye: a row for each, their maps and pictures.

  Args:
    label_maps: uint8 [N, H, W], label ids.
    instance_maps: int [N, H, W], dense ids.
    pictures: uint8 [N, H, W, 3] by the title of their column.

  Returns:
    uint8 [height, width, 3].
  """
  columns = {
    'label map': (labels.colorize(label_maps), Image.Resampling.NEAREST),
    'instance map': (
      colorize_instances(instance_maps),
      Image.Resampling.NEAREST,
    ),
  }
  for title, column in pictures.items():
    columns[title] = (column, Image.Resampling.BICUBIC)
  num_scenes, height, width = label_maps.shape
  scale = -(-_MIN_TILE_WIDTH // width)
  tile = (width * scale, height * scale)
  sheet = Image.new(
    'RGB',
    (
      len(columns) * (tile[0] + _MARGIN) + _MARGIN,
      num_scenes * (tile[1] + _MARGIN) + _HEADER,
    ),
    'white',
  )
  pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(15)
  for i, (title, (column, resampling)) in enumerate(columns.items()):
    left = _MARGIN + i * (tile[0] + _MARGIN)
    pen.text((left, 4), title, fill='black', font=font)
    for row, picture in enumerate(column):
      top = _HEADER + row * (tile[1] + _MARGIN)
      sheet.paste(
        Image.fromarray(picture).resize(tile, resampling), (left, top)
      )
  return np.asarray(sheet)


def save_png(path: str | os.PathLike, image: np.ndarray) -> None:
  """Writes uint8 [H, W, 3] as PNG, complete or not at all."""
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  partial = path.with_suffix('.partial')
  Image.fromarray(image).save(partial, format='PNG')
  os.replace(partial, path)
