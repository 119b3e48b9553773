"""Toy streets as a source of scenes."""

import numpy as np

from data_pipeline import batch
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from data_pipeline.toy_street import raster, street_plan

CITY = 'toytown'
# The splits alternate in one sequence of seeds, so that no scene is in both.
_SPLITS = ('train', 'val')
_MAX_HEIGHT = 8192


def generate_scene(
  seed: int, *, height: int, color_seed: int | None = None
) -> batch.Scene:
  """Generates one street.

  Args:
    seed: which street, not negative. The same seed gives the same street at
      every height.
    height: rows of the image, which has twice as many columns.
    color_seed: of the colors of objects, which do not change the maps; `seed`
      by default.

  Returns:
    The scene, as `data_pipeline.batch.Scene`.

  Raises:
    InputError: if `height` or a seed cannot be used.
  """
  _check_height(height)
  _check_seed(seed)
  plan = street_plan.plan_street(
    layout_rng=np.random.default_rng((seed, 0)),
    color_rng=np.random.default_rng(
      (seed if color_seed is None else color_seed, 1)
    ),
  )
  canvas = raster.Canvas(height)
  street_plan.render_street(canvas, plan)
  ids = canvas.ids()
  label_map = np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)
  return batch.Scene(canvas.image(), label_map, ids)


class ToyStreet:
  """A source of toy streets, generated when they are read.

  Attributes:
    image_ids: the scenes' names, such as toytown_000012_000019.
    label_table: that of Cityscapes.
  """

  label_table = labels.TABLE

  def __init__(
    self, num_scenes: int, *, height: int, seed: int = 0, split: str = 'train'
  ):
    """Names the scenes.

    Args:
      num_scenes: how many there are.
      height: rows of the images, which have twice as many columns.
      seed: other seeds give other streets.
      split: 'train' or 'val'. For one seed they have no street in common.

    Raises:
      InputError: if an argument cannot be used.
    """
    _check_height(height)
    _check_seed(seed)
    if num_scenes < 0:
      raise InputError(
        f'num_scenes must not be negative, got {num_scenes}. Give the number'
        ' of scenes.'
      )
    if split not in _SPLITS:
      raise InputError(
        f'Toy streets have no split {split!r}. Choose one of'
        f' {", ".join(_SPLITS)}.'
      )
    self._height = height
    self._seed = seed
    self._split = split
    self.image_ids = tuple(f'{CITY}_{i:06d}_000019' for i in range(num_scenes))

  def __len__(self) -> int:
    return len(self.image_ids)

  def read(self, index: int) -> batch.Scene:
    """Generates the scene at `index`."""
    if not 0 <= index < len(self):
      raise IndexError(f'index must be in 0..{len(self) - 1}, got {index}.')
    number = index * len(_SPLITS) + _SPLITS.index(self._split)
    # The run's seed and the scene's number side by side: 2**32 scenes each.
    return generate_scene((self._seed << 32) + number, height=self._height)


def _check_height(height: int) -> None:
  if not 2 <= height <= _MAX_HEIGHT or height % 2:
    raise InputError(
      f'height must be an even number of pixels from 2 to {_MAX_HEIGHT}, got'
      f' {height}. The width is twice the height; try 64, 128 or 256.'
    )


def _check_seed(seed: int) -> None:
  if seed < 0:
    raise InputError(f'seed must not be negative, got {seed}. Try 0.')
