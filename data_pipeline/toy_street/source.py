"""Procedural street scenes: a pure function of a seed, rendered with numpy.

They follow the statistics of Cityscapes (class fractions, sizes that grow
from the horizon downward, over-dispersed counts, occlusion, groups) and its
encoding of labels and instances. Objects draw their colors independently of
the maps, so a model that is to match them must invent them.

  source = toy_street.ToyStreet(1000, height=64)
  scene = source.read(0)

As a program, it writes scenes in the folder plan of Cityscapes:

  python -m data_pipeline.toy_street --output DIR --num_train 1000 \\
    --num_val 100 --height 256
"""

import argparse
import sys
from collections.abc import Sequence

import numpy as np

from data_pipeline import batch
from data_pipeline.errors import InputError
from data_pipeline.toy_street import raster, street_plan

CITY = 'toytown'
# The splits take turns in one sequence of seeds, so that no scene is in two.
_SPLITS = ('train', 'val')


def generate_scene(
  seed: int, *, height: int, color_seed: int | None = None
) -> batch.Scene:
  """Renders one street.

  Args:
    seed: which street, not negative. The same seed shows the same street at
      every height.
    height: rows of the image, which has twice as many columns.
    color_seed: to repaint the objects of this street; the maps stay. `seed`
      if not given.

  Returns:
    The scene, as `data_pipeline.batch.Scene`.

  Raises:
    InputError: if `height` or a seed cannot be used.
  """
  _check_height(height)
  _check_seed(seed)
  layout_rng = np.random.default_rng((seed, 0))
  color_rng = np.random.default_rng(
    (seed if color_seed is None else color_seed, 1)
  )
  plan = street_plan.plan_street(layout_rng, color_rng)
  canvas = raster.Canvas(height)
  street_plan.render_street(canvas, plan)
  ids = canvas.ids()
  label_map = np.where(ids >= 1000, ids // 1000, ids).astype(np.uint8)
  return batch.Scene(canvas.image(), label_map, ids)


class ToyStreet:
  """A source of toy streets, rendered when they are read.

  Attributes:
    image_ids: the scenes' names, such as toytown_000012_000019.
  """

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
    """Renders the scene at `index`."""
    if not 0 <= index < len(self):
      raise IndexError(f'index must be in 0..{len(self) - 1}, got {index}.')
    number = index * len(_SPLITS) + _SPLITS.index(self._split)
    # The run's seed and the scene's number side by side: 2**32 scenes each.
    return generate_scene((self._seed << 32) + number, height=self._height)


def _check_height(height: int) -> None:
  if height < 2 or height % 2:
    raise InputError(
      f'height must be a positive even number of pixels, got {height}. The'
      ' width is twice the height; try 64, 128 or 256.'
    )


def _check_seed(seed: int) -> None:
  if seed < 0:
    raise InputError(f'seed must not be negative, got {seed}. Try 0.')


def main(arguments: Sequence[str] | None = None) -> int:
  """Runs the program.

  Args:
    arguments: of the command line; those of this process if not given.

  Returns:
    The exit status: 0, 2 after wrong input, 1 if stopped.
  """
  # Here, because it needs Pillow and tqdm, and drawing does not.
  from data_pipeline.toy_street import folder

  parser = _parser()
  flags = parser.parse_args(arguments)
  settings = {'height': flags.height, 'seed': flags.seed}
  try:
    sources = {
      split: ToyStreet(count, split=split, **settings)
      for split, count in (('train', flags.num_train), ('val', flags.num_val))
    }
    folder.claim(flags.output, settings)
    for split, source in sources.items():
      folder.write_split(source, flags.output, split, CITY)
  except InputError as error:
    print(f'{parser.prog}: {error}', file=sys.stderr)
    return 2
  except KeyboardInterrupt:
    print(f'{parser.prog}: stopped. The same command continues.')
    return 1
  print(
    f'{flags.output}: {flags.num_train} train and {flags.num_val} val scenes,'
    f' {2 * flags.height} x {flags.height} pixels.'
  )
  return 0


def _parser() -> argparse.ArgumentParser:
  parser = argparse.ArgumentParser(
    prog='python -m data_pipeline.toy_street',
    description=(
      'Renders toy streets and writes them in the folders and encodings of'
      ' Cityscapes. Scenes that are there already are kept, so a run that was'
      ' stopped is continued by the same command.'
    ),
    epilog=(
      'example: python -m data_pipeline.toy_street --output data/toy'
      ' --num_train 1000 --num_val 100 --height 128'
    ),
  )
  parser.add_argument('--output', required=True, help='the folder to write to')
  parser.add_argument(
    '--num_train', type=int, required=True, help='scenes of the train split'
  )
  parser.add_argument(
    '--num_val', type=int, required=True, help='scenes of the val split'
  )
  parser.add_argument(
    '--height',
    type=int,
    required=True,
    help='rows in pixels, even; the width is twice the height',
  )
  parser.add_argument(
    '--seed', type=int, default=0, help='other seeds give other streets (0)'
  )
  return parser


if __name__ == '__main__':
  sys.exit(main())
