"""Writes generated images of a data set's scenes as another data set."""

import hashlib
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import ml_collections
import numpy as np

from data_pipeline import (
  atomic_file,
  image_file,
  labels_file,
  progress,
  read_ahead,
  subset,
)
from data_pipeline import batch as batch_lib
from data_pipeline import scenes as scenes_lib
from data_pipeline.errors import InputError
from instgan_jax.commands import augment_options, evaluate
from instgan_jax.evaluation import label_agreement
from instgan_jax.inference import output_folder, scene_maps
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import exits, file_lock, interruption
from instgan_jax.visualization import image_grid


class _Image(NamedTuple):
  """An image of the new data set.

  Attributes:
    name: of the file.
    scene: its maps.
    seed: of its styles.
    maps_sha256: of the maps.
  """

  name: str
  scene: scene_maps.SceneMaps
  seed: int
  maps_sha256: str


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
  source = _shard(
    evaluate.data_set(
      evaluate.of_generator(config, sampler),
      options.split,
      path=options.dataset_dir,
      size=sampler.image_size,
    ),
    options.shard,
  )
  output = output_folder.prepare(
    options.output,
    map_folders=[options.dataset_dir] if options.dataset_dir else [],
    settings={
      'weights_sha256': sampler.weights_sha256,
      'step': sampler.step,
      'dtype': sampler.config.dtype,
      'size': list(sampler.image_size),
      'seed': options.seed,
      **_filters(options, agreement),
    },
    names=(labels_file.NAME, 'images', 'labels'),
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
    _save_table(output, sampler)
    job = _Job(options, sampler, factors, agreement, output, stop)
    return job.make(source)


class _Job:
  """The images of one shard, which can be interrupted between two batches."""

  def __init__(
    self,
    options: augment_options.Options,
    sampler: sampler_lib.Sampler,
    factors: Mapping[int, int],
    agreement: label_agreement.LabelAgreement | None,
    output: pathlib.Path,
    stop: interruption.Interruption,
  ):
    self._options, self._sampler, self._factors = options, sampler, factors
    self._agreement, self._output, self._stop = agreement, output, stop
    self._left_out: set[str] = set()

  def make(self, source: batch_lib.Source) -> str:
    """Makes what is missing, then the manifest."""
    images: list[_Image] = []
    num_made = 0
    missing = self._missing(source, images)
    for batch in read_ahead.batched(missing, self._sampler.batch_size):
      num_made += self._generate(batch)
      if self._stop.requested(0):
        raise exits.Stopped(
          f'Stopped by {self._stop.signal_name}: {num_made} more images are in '
          f'{self._output}. The same command continues.',
          self._stop.exit_status,
        )
    images = [image for image in images if image.name not in self._left_out]
    which, number = self._options.shard
    manifest = self._output / f'manifest_{which}_of_{number}.jsonl'
    lines = [json.dumps(self._line(image)) + '\n' for image in images]
    atomic_file.write_text(manifest, ''.join(lines))
    left_out = ''
    if self._agreement is not None:
      left_out = (
        f', {len(self._left_out)} left out with an agreement below '
        f'{self._options.min_agreement:g}'
      )
    return (
      f'{num_made} images generated, {len(images) - num_made} existed already'
      f'{left_out}: {self._output}. {manifest.name} lists them. Train on them '
      f'with --config.data.source=folder --config.data.path={self._output}.'
    )

  def _missing(
    self, source: batch_lib.Source, images: list[_Image]
  ) -> Iterator[_Image]:
    """Writes the maps of every scene; yields the images that are missing.

    Appends all images, also those that are there, to `images`.
    """
    scenes = scenes_lib.read_scenes(source, 1)
    for scene in progress.bar(
      scenes, desc='Generating', total=len(source), unit='scene'
    ):
      of_scene = self._images(scene)
      self._write_maps(scene, [image.name for image in of_scene])
      images += of_scene
      for image in of_scene:
        path = self._path('images', image.name)
        if not output_folder.is_current(path, image.maps_sha256):
          yield image

  def _images(self, scenes: scenes_lib.Scenes) -> list[_Image]:
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
      _Image(
        f'{maps.name}_v{k}', maps, self._options.seed + k, digest.hexdigest()
      )
      for k in range(self._options.num_variants * factor)
    ]

  def _generate(self, images: Sequence[_Image]) -> int:
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
        self._leave_out(image)
        continue
      image_grid.save_png(
        self._path('images', image.name),
        pixels,
        {output_folder.MAPS_SHA256: image.maps_sha256},
      )
    return int(np.sum(shares >= self._options.min_agreement))

  def _leave_out(self, image: _Image) -> None:
    """Removes the maps of an image that is not kept, and an older image."""
    self._left_out.add(image.name)
    for folder in ('images', 'labels', 'instances'):
      self._path(folder, image.name).unlink(missing_ok=True)

  def _write_maps(
    self, scenes: scenes_lib.Scenes, names: Sequence[str]
  ) -> None:
    """Writes the maps of a scene once, with links for its other images.

    Where objects are unknown there is no instance map.
    """
    arrays = {'labels': scenes.label_maps[0]}
    if scenes.known and self._sampler.label_table.things:
      arrays['instances'] = _without_small(
        scenes.instance_maps[0], self._options.min_pixels
      )
    for folder, array in arrays.items():
      first, *others = [self._path(folder, name) for name in names]
      with atomic_file.replacing(first) as partial:
        partial.write_bytes(image_file.encode_png(array))
      for path in others:
        atomic_file.link(first, path)

  def _line(self, image: _Image) -> dict[str, str | int]:
    """Of the manifest."""
    path = self._path('images', image.name)
    return {
      'image': str(path.relative_to(self._output)),
      'scene': image.scene.name,
      'seed': image.seed,
      'sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
    }

  def _path(self, folder: str, name: str) -> pathlib.Path:
    return self._output / folder / self._options.split / f'{name}.png'


def _filters(
  options: augment_options.Options,
  agreement: label_agreement.LabelAgreement | None,
) -> dict[str, str | float]:
  """The settings of what is left out, if anything is."""
  settings: dict[str, str | float] = {}
  if agreement is not None:
    settings['min_agreement'] = options.min_agreement
    settings['segmenter_sha256'] = agreement.weights_sha256
  if options.min_pixels:
    settings['min_pixels'] = options.min_pixels
  return settings


def _without_small(instance_map: np.ndarray, min_pixels: int) -> np.ndarray:
  """Dense ids without those of fewer pixels."""
  areas = np.bincount(instance_map.ravel())
  return np.where(areas[instance_map] < min_pixels, 0, instance_map).astype(
    instance_map.dtype
  )


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


def _save_table(output: pathlib.Path, sampler: sampler_lib.Sampler) -> None:
  """Writes labels.json, also if other shards do so at the same time."""
  table = labels_file.to_json(sampler.label_table)
  atomic_file.write_json(output / labels_file.NAME, table, is_shared=True)
