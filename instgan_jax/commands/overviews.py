"""Overviews of a folder of generated images: animations and grids."""

import collections
import pathlib

import numpy as np
from PIL import Image

from data_pipeline import geometry, read_ahead
from data_pipeline.errors import InputError
from instgan_jax.commands import folder_scenes, generate_options
from instgan_jax.inference import generation_plan
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import interruption
from instgan_jax.visualization import animation, image_grid

_SCENES_PER_GRID = 8
_FRAMES_PER_GRID = 6


def animate(
  options: generate_options.Options,
  files: folder_scenes.Files,
  stop: interruption.Interruption,
) -> str:
  """Joins the frames of each scene whose animation is missing or older.

  Args:
    options: of `generate`, with all their images in the output folder.
    files: of the scenes.
    stop: asked between two animations.

  Returns:
    A line on what was written.

  Raises:
    InputError: for an image that cannot be read.
    exits.Stopped: if `stop` says so.
  """
  output = pathlib.Path(options.output_dir)
  for scene in files:
    path = output / options.animated_file(scene.name)
    frames = [
      output / variant.path for variant in options.plan.variants(scene.name)
    ]
    newest = max(frame.stat().st_mtime_ns for frame in frames)
    if not path.exists() or path.stat().st_mtime_ns < newest:
      animation.save(path, [_load(frame) for frame in frames])
    stop.leave_if_requested(f'all images are in {output}')
  if len(files) == 1:
    return f'The animation of {files[0].name}: {path}.'
  return f'{len(files)} animations: {output}/*.{options.animation}.'


def make_grids(
  options: generate_options.Options,
  sampler: sampler_lib.Sampler,
  files: folder_scenes.Files,
  stop: interruption.Interruption,
) -> str:
  """Grids of maps and images, of some scenes each.

  Args:
    options: as in `animate`.
    sampler: of the generator.
    files: of the scenes.
    stop: asked between two grids.

  Returns:
    A line on what was written.

  Raises:
    InputError: for a map or an image that cannot be read.
    exits.Stopped: if `stop` says so.
  """
  output = pathlib.Path(options.output_dir)
  paths: list[pathlib.Path] = []
  reading = folder_scenes.read(sampler, files, 'Grids')
  for scenes in read_ahead.batched(reading, _SCENES_PER_GRID):
    columns = collections.defaultdict(list)
    for scene in scenes:
      for variant in _shown(options.plan, scene.name):
        image = _load(output / variant.path)
        columns[variant.title].append(
          geometry.resize_image(image, sampler.image_size)
        )
    path = output / 'grid' / f'{len(paths):03d}.png'
    grid = image_grid.image_grid(
      label_maps=np.stack([scene.label_map for scene in scenes]),
      instance_maps=np.stack([scene.instance_map for scene in scenes]),
      images={title: np.stack(column) for title, column in columns.items()},
      label_table=sampler.label_table,
      names=[scene.name for scene in scenes],
    )
    image_grid.save_png(path, grid)
    paths.append(path)
    stop.leave_if_requested(f'all images are in {output}')
  more = f' and {len(paths) - 1} more.' if paths[1:] else '.'
  return f'Open {paths[0]}{more}'


def _shown(
  plan: generation_plan.Plan, scene: str
) -> list[generation_plan.Variant]:
  """The variants in a grid: of an interpolation some of the frames."""
  variants = plan.variants(scene)
  if not plan.edits.interpolate:
    return variants
  shown = np.linspace(0, len(variants) - 1, _FRAMES_PER_GRID).round()
  return [variants[int(k)] for k in dict.fromkeys(shown)]


def _load(path: pathlib.Path) -> np.ndarray:
  """uint8 [H, W, 3]."""
  try:
    with Image.open(path) as image:
      return np.asarray(image.convert('RGB'))
  except OSError as error:
    raise InputError(
      f'{path} cannot be read ({error}): remove it and give the same command '
      'again.'
    ) from error
