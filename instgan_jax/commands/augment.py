"""Writes generated images of a data set's scenes as another data set."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ml_collections
import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import (
  file_lock,
  labels_file,
  new_scenes,
  progress,
  read_ahead,
  scene_layout,
  subset,
)
from data_pipeline import scenes as scenes_lib
from data_pipeline.errors import InputError
from instgan_jax.commands import (
  augment_options,
  augmented_folder,
  evaluate,
  output_layout,
)
from instgan_jax.evaluation import label_agreement
from instgan_jax.inference import output_folder, scene_maps
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import interruption


def run(
  options: augment_options.Options, config: ml_collections.ConfigDict | None
) -> str:
  """Makes the images of a shard that are missing, damaged or of other maps.

  Args:
    options: see `augment_options.Options`.
    config: whose scenes to take; None for those of the workdir.

  Returns:
    Lines on what was written.

  Raises:
    InputError: for options, a generator or data that do not fit.
    exits.Stopped: after SIGTERM or Ctrl-C, when all that was begun is written.
  """
  augment_options.check(options)
  sampler = sampler_lib.Sampler.from_folder(
    options.workdir,
    use_ema=options.use_ema,
    batch_size=sampler_lib.default_batch_size(),
    step=options.step,
  )
  factors = _factors(options.oversample, sampler)
  most = options.num_variants * max(factors.values(), default=1)
  if most > 1 and not sampler.has_styles:
    raise InputError(
      'This generator is of method L, which generates one image of a scene: '
      'leave out --variants and --oversample.'
    )
  agreement = None
  if options.segmenter:
    agreement = label_agreement.LabelAgreement(
      options.segmenter, sampler.label_table
    )
  data_set = evaluate.data_set(
    evaluate.of_generator(config, sampler),
    options.split,
    path=options.dataset_dir,
    size=sampler.image_size,
  )
  source = _shard(data_set, options.shard)
  layout = output_layout.choose(data_set, options.output)
  output = output_folder.prepare(
    options.output,
    map_folders=[options.dataset_dir] if options.dataset_dir else [],
    settings={
      **_settings(options, sampler, agreement),
      **output_layout.settings(layout),
    },
    names=(labels_file.NAME, *layout.folders(options.split)),
  )
  which, number = options.shard
  refusal = (
    f'Another program makes shard {which}/{number} in {output}: wait for its '
    'end, or give another --shard.'
  )
  with (
    file_lock.held(output / f'.shard_{which}_of_{number}.lock', refusal),
    interruption.Interruption('finishing what is begun') as stop,
  ):
    scenes = new_scenes.NewScenes(
      output, options.split, layout, sampler.label_table
    )
    folder = augmented_folder.AugmentedFolder(scenes, options.min_pixels)
    job = _Job(options, sampler, factors, agreement, folder, layout)
    return job.make(source, stop)


class _Job:
  """The images of one shard, which can be interrupted between two batches."""

  def __init__(
    self,
    options: augment_options.Options,
    sampler: sampler_lib.Sampler,
    factors: Mapping[int, int],
    agreement: label_agreement.LabelAgreement | None,
    folder: augmented_folder.AugmentedFolder,
    layout: scene_layout.SceneLayout,
  ):
    self._options, self._sampler, self._factors = options, sampler, factors
    self._agreement, self._folder = agreement, folder
    self._layout = layout
    self._left_out: set[str] = set()

  def make(
    self, source: batch_lib.Source, stop: interruption.Interruption
  ) -> str:
    """Makes what is missing, then the manifest."""
    images: list[augmented_folder.Image] = []
    output, num_made = self._options.output, 0
    missing = self._missing(source, images)
    for batch in read_ahead.batched(missing, self._sampler.batch_size):
      num_made += self._generate(batch)
      stop.leave_if_requested(f'{num_made} more images are in {output}')
    images = [image for image in images if image.name not in self._left_out]
    manifest = self._folder.write_manifest(self._options.shard, images)
    left_out = ''
    if self._agreement is not None:
      left_out = (
        f', {len(self._left_out)} left out with an agreement below '
        f'{self._options.min_agreement:g}'
      )
    return (
      f'{num_made} images generated, {len(images) - num_made} existed already'
      f'{left_out}: {output}. {manifest} lists them. Train on them with '
      f'--config.data.source={self._layout.source} '
      f'--config.data.path={output}.'
    )

  def _missing(
    self, source: batch_lib.Source, images: list[augmented_folder.Image]
  ) -> Iterator[augmented_folder.Image]:
    """Writes the maps of every scene; yields the images that are missing.

    Appends all images, also those that are there, to `images`.
    """
    scenes = scenes_lib.read_scenes(source, 1)
    for scene in progress.bar(
      scenes, desc='Generating', total=len(source), unit='scene'
    ):
      of_scene = self._images(scene)
      self._folder.write_maps(scene, [image.name for image in of_scene])
      images += of_scene
      for image in of_scene:
        if not self._folder.has(image):
          yield image

  def _images(self, scenes: scenes_lib.Scenes) -> list[augmented_folder.Image]:
    """All images of one scene."""
    label_map = scenes.label_maps[0]
    maps = scene_maps.SceneMaps(
      label_map,
      scenes.instance_maps[0],
      scenes.instance_ids[0],
      label_map.shape,
      scenes.names[0],
    )
    digest = hashlib.sha256(label_map.tobytes() + maps.instance_map.tobytes())
    present = set(np.unique(label_map).tolist())
    factor = max(
      (f for label, f in self._factors.items() if label in present), default=1
    )
    return [
      augmented_folder.Image(
        self._layout.variant_name(maps.name, k),
        maps,
        self._options.seed + k,
        digest.hexdigest(),
      )
      for k in range(self._options.num_variants * factor)
    ]

  def _generate(self, images: Sequence[augmented_folder.Image]) -> int:
    """Writes images, those that are kept; returns their number."""
    generated = self._sampler.generate(
      [image.scene for image in images],
      [self._sampler.styles(image.scene, image.seed) for image in images],
    )
    shares = np.ones(len(images))
    if self._agreement is not None:
      label_maps = np.stack([image.scene.label_map for image in images])
      shares = self._agreement.shares(generated, label_maps)
    for image, pixels, share in zip(images, generated, shares, strict=True):
      if share < self._options.min_agreement:
        self._left_out.add(image.name)
        self._folder.remove(image)
      else:
        self._folder.save(image, pixels)
    return int(np.sum(shares >= self._options.min_agreement))


def _settings(
  options: augment_options.Options,
  sampler: sampler_lib.Sampler,
  agreement: label_agreement.LabelAgreement | None,
) -> dict[str, Any]:
  """What images depend on but their maps; filters only where there are any."""
  settings: dict[str, Any] = {
    'weights_sha256': sampler.weights_sha256,
    'step': sampler.step,
    'dtype': sampler.config.dtype,
    'size': list(sampler.image_size),
    'seed': options.seed,
  }
  if agreement is not None:
    settings['min_agreement'] = options.min_agreement
    settings['segmenter_sha256'] = agreement.weights_sha256
  if options.min_pixels:
    settings['min_pixels'] = options.min_pixels
  return settings


def _factors(
  oversample: Mapping[str, int], sampler: sampler_lib.Sampler
) -> dict[int, int]:
  """The factors by label id."""
  names = [label.name for label in sampler.label_table.labels]
  for name in oversample:
    if name not in names:
      raise InputError(
        f'--oversample names {name!r}, which is no class of this generator. It '
        f'has {", ".join(names)}.'
      )
  return {
    sampler.label_table.named(name).id: factor
    for name, factor in oversample.items()
  }


def _shard(
  source: batch_lib.Source, shard: tuple[int, int]
) -> batch_lib.Source:
  """Every N-th scene, from the K-th on."""
  which, number = shard
  indices = range(which - 1, len(source), number)
  if not indices:
    raise InputError(
      f'--shard is {which}/{number}, but there are {len(source)} scenes: give '
      'at most as many shards.'
    )
  return subset.Subset(source, indices)
