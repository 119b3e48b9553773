"""Animated images."""

import os
import pathlib
from collections.abc import Sequence

import numpy as np
from PIL import Image

from data_pipeline import atomic_file

# Pillow's options of each format, by the ending of its files.
_OPTIONS = {
  'webp': {'quality': 90, 'method': 4},
  'gif': {},
  'png': {},
}


def save(
  path: str | os.PathLike[str],
  frames: Sequence[np.ndarray],
  *,
  frames_per_second: float = 12.0,
) -> None:
  """Writes frames as an endless animation.

  Args:
    path: ends in .webp, .gif (256 colors) or .png (without loss).
    frames: uint8 [H, W, 3] each, at least one.
    frames_per_second: of the animation.
  """
  path = pathlib.Path(path)
  name = path.suffix[1:]
  first, *rest = [Image.fromarray(frame) for frame in frames]
  with atomic_file.replacing(path) as partial:
    first.save(
      partial,
      format=name,
      save_all=True,
      append_images=rest,
      duration=round(1000 / frames_per_second),
      loop=0,
      **_OPTIONS[name],
    )
