"""Generates the images of a folder that are missing, damaged or outdated."""

import pathlib
from collections.abc import Iterator, Sequence

from data_pipeline import geometry, progress, read_ahead
from data_pipeline.errors import summarize
from instgan_jax.commands import folder_scenes, generate_options
from instgan_jax.inference import (
  generation_plan,
  map_folder,
  output_folder,
  scene_maps,
)
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import interruption
from instgan_jax.visualization import image_grid

_UNSEEN_STRETCH = 1.05


class MissingImages:
  """The images of scenes that are not there, or of other maps."""

  def __init__(
    self,
    options: generate_options.Options,
    sampler: sampler_lib.Sampler,
    files: folder_scenes.Files,
  ):
    """Hashes all maps, before any of them is read.

    Args:
      options: of `generate`.
      sampler: of the generator.
      files: of the scenes.
    """
    self._options, self._plan = options, options.plan
    self._sampler, self._files = sampler, files
    self._output = pathlib.Path(options.output_dir)
    self._maps = {
      scene.name: output_folder.maps_sha256(scene) for scene in files
    }
    # Scenes that lose something of their maps, with what.
    self._dropped: list[str] = []
    self._stretched: list[str] = []

  def generate(self, stop: interruption.Interruption) -> list[str]:
    """Generates them, a batch at a time.

    Args:
      stop: asked between two batches.

    Returns:
      Lines on what was written and what maps have lost.

    Raises:
      InputError: for a scene that cannot be read.
      exits.Stopped: if `stop` says so.
    """
    missing = {
      scene: variants
      for scene in self._files
      if (variants := self._missing(scene))
    }
    num_missing = sum(map(len, missing.values()))
    total = sum(len(self._plan.variants(scene.name)) for scene in self._files)
    num_done = total - num_missing
    with progress.compiling_bar(
      desc='Generating', total=total, initial=num_done, unit='image'
    ) as bar:
      images = self._read(missing)
      for batch in read_ahead.batched(images, self._sampler.batch_size):
        self._generate_batch(batch)
        num_done += len(batch)
        progress.end_compiling(bar)
        bar.update(len(batch))
        stop.leave_if_requested(
          f'{num_done} of {total} images are in {self._output}'
        )
    return [
      f'{num_missing} images generated, {total - num_missing} existed '
      f'already: {self._output}.',
      *self._losses(),
    ]

  def _missing(
    self, scene: map_folder.SceneFiles
  ) -> list[generation_plan.Variant]:
    return [
      variant
      for variant in self._plan.variants(scene.name)
      if not output_folder.is_current(
        self._output / variant.path, self._maps[scene.name]
      )
    ]

  def _read(
    self, missing: dict[map_folder.SceneFiles, list[generation_plan.Variant]]
  ) -> Iterator[tuple[scene_maps.SceneMaps, generation_plan.Variant]]:
    """Scenes and variants in order; notes what they lose of the maps."""
    scenes = folder_scenes.read(self._sampler, list(missing))
    for scene, variants in zip(scenes, missing.values(), strict=True):
      if scene.num_dropped:
        self._dropped.append(f'{scene.name} ({scene.num_dropped})')
      if _is_stretched(scene.size, self._sampler.image_size):
        self._stretched.append(
          f'{scene.name} ({scene.size[0]}x{scene.size[1]})'
        )
      for variant in variants:
        yield scene, variant

  def _generate_batch(
    self,
    batch: Sequence[tuple[scene_maps.SceneMaps, generation_plan.Variant]],
  ) -> None:
    images = self._sampler.generate(
      [scene for scene, _ in batch],
      [self._plan.styles(self._sampler, *image) for image in batch],
    )
    for (scene, variant), image in zip(batch, images, strict=True):
      if self._plan.resize_back:
        image = geometry.resize_image(image, scene.size)
      image_grid.save_png(
        self._output / variant.path,
        image,
        {output_folder.MAPS_SHA256: self._maps[scene.name]},
      )

  def _losses(self) -> Iterator[str]:
    """Lines on what the images lack of the maps."""
    if self._sampler.needs_instance_map and not self._options.instance_dir:
      yield (
        'Without --instance_dir the objects are unknown: each class that has '
        'instances has one style in a scene.'
      )
    if self._dropped:
      yield (
        f'More instances than the {self._sampler.max_instances} that can have '
        f'a style, the smallest have none: {summarize(self._dropped)}.'
      )
    if self._stretched:
      height, width = self._sampler.image_size
      yield (
        f'Maps of another shape than {height}x{width} were stretched to it: '
        f'{summarize(self._stretched)}.'
      )


def _is_stretched(size: tuple[int, int], to: tuple[int, int]) -> bool:
  """Whether an aspect ratio changes by more than rounding to pixels does."""
  change = (size[1] / size[0]) / (to[1] / to[0])
  return not 1 / _UNSEEN_STRETCH < change < _UNSEEN_STRETCH
