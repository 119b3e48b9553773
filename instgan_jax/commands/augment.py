"""Writes generated images of a data set's scenes as another data set."""

import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
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
from instgan_jax.commands import evaluate
from instgan_jax.inference import output_folder, scene_maps
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.runtime import exits, file_lock, interruption
from instgan_jax.visualization import image_grid


@dataclasses.dataclass(frozen=True)
class Options:
  """Options of `augment`; each is the flag of its name.

  Attributes:
    workdir: of the generator.
    output: folder of the new data set.
    split: of the scenes.
    dataset_dir: of data, instead of the configuration's; '' for these.
    num_variants: images of each scene.
    seed: of the first variant.
    oversample: by class, how many times the variants of scenes that show it.
    shard: (which, of how many), from 1 on.
    use_ema: takes the moving average, where a workdir has one.
    step: of a workdir's checkpoint; None for the latest.
  """

  workdir: str
  output: str
  split: str = 'train'
  dataset_dir: str = ''
  num_variants: int = 1
  seed: int = 0
  oversample: Mapping[str, int] = dataclasses.field(default_factory=dict)
  shard: tuple[int, int] = (1, 1)
  use_ema: bool = True
  step: int | None = None


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


def run(options: Options, config: ml_collections.ConfigDict | None) -> str:
  """Makes the images of a shard that are missing, damaged or of other maps.

  Args:
    options: see `Options`.
    config: whose scenes to take; None for those of the workdir.

  Returns:
    Lines on what was written.

  Raises:
    InputError: for options, a generator or data that do not fit.
    exits.Stopped: after SIGTERM or Ctrl-C, when all that was begun is written.
  """
  if options.num_variants < 1 or options.seed < 0:
    raise InputError(
      f'--variants is {options.num_variants} and --seed {options.seed}: '
      'expected at least 1 and 0.'
    )
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
    return _Job(options, sampler, factors, output, stop).make(source)


class _Job:
  """The images of one shard, which can be interrupted between two batches."""

  def __init__(
    self,
    options: Options,
    sampler: sampler_lib.Sampler,
    factors: Mapping[int, int],
    output: pathlib.Path,
    stop: interruption.Interruption,
  ):
    self._options, self._sampler, self._factors = options, sampler, factors
    self._output, self._stop = output, stop

  def make(self, source: batch_lib.Source) -> str:
    """Makes what is missing, then the manifest."""
    images: list[_Image] = []
    num_made = 0
    missing = self._missing(source, images)
    for batch in read_ahead.batched(missing, self._sampler.batch_size):
      self._generate(batch)
      num_made += len(batch)
      if self._stop.requested(0):
        raise exits.Stopped(
          f'Stopped by {self._stop.signal_name}: {num_made} more images are in '
          f'{self._output}. The same command continues.',
          self._stop.exit_status,
        )
    which, number = self._options.shard
    manifest = self._output / f'manifest_{which}_of_{number}.jsonl'
    lines = [json.dumps(self._line(image)) + '\n' for image in images]
    atomic_file.write_text(manifest, ''.join(lines))
    return (
      f'{num_made} images generated, {len(images) - num_made} existed already: '
      f'{self._output}. {manifest.name} lists them. Train on them with '
      f'--config.data.source=folder --config.data.path={self._output}.'
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

  def _generate(self, images: Sequence[_Image]) -> None:
    generated = self._sampler.generate(
      [image.scene for image in images],
      [self._sampler.styles(image.scene, image.seed) for image in images],
    )
    for image, pixels in zip(images, generated, strict=True):
      image_grid.save_png(
        self._path('images', image.name),
        pixels,
        {output_folder.MAPS_SHA256: image.maps_sha256},
      )

  def _write_maps(
    self, scenes: scenes_lib.Scenes, names: Sequence[str]
  ) -> None:
    """Writes the maps of a scene once, with links for its other images.

    Where objects are unknown there is no instance map.
    """
    arrays = {'labels': scenes.label_maps[0]}
    if scenes.known and self._sampler.label_table.things:
      arrays['instances'] = scenes.instance_maps[0]
    for folder, array in arrays.items():
      first, *others = [self._path(folder, name) for name in names]
      with atomic_file.replacing(first) as partial:
        partial.write_bytes(image_file.encode_png(array))
      for path in others:
        with atomic_file.replacing(path) as partial:
          _link(first, partial)

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


def parse_shard(text: str) -> tuple[int, int]:
  """'3/16' -> (3, 16); raises InputError."""
  match = re.fullmatch(r'(\d+)/(\d+)', text, re.ASCII)
  which, number = map(int, match.groups()) if match else (0, 0)
  if not 1 <= which <= number:
    raise InputError(
      f'--shard is {text!r}, expected K/N with K from 1 to N, such as 3/16.'
    )
  return which, number


def parse_oversample(words: Sequence[str]) -> dict[str, int]:
  """['rider=4'] -> {'rider': 4}; raises InputError."""
  factors = {}
  for word in words:
    name, _, factor = word.rpartition('=')
    if not name or not re.fullmatch(r'[1-9]\d*', factor, re.ASCII):
      raise InputError(
        f'--oversample has {word!r}, expected classes and numbers as in '
        '--oversample rider=4,train=8.'
      )
    factors[name] = int(factor)
  return factors


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


def _link(source: pathlib.Path, target: pathlib.Path) -> None:
  """A hard link, or a copy where the file system has none."""
  target.unlink(missing_ok=True)
  try:
    os.link(source, target)
  except OSError:
    shutil.copyfile(source, target)
