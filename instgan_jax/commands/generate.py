"""Generates images of folders of maps: `instgan_jax.generate`."""

import collections
import dataclasses
import pathlib
from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from data_pipeline import progress, read_ahead
from data_pipeline.errors import InputError, summarize
from instgan_jax.inference import (
  generation_plan,
  map_folder,
  output_folder,
  photograph_styles,
  scene_maps,
)
from instgan_jax.inference import sampler as sampler_lib
from instgan_jax.inference import styles as styles_lib
from instgan_jax.runtime import exits, file_lock, interruption
from instgan_jax.visualization import animation, image_grid

_SCENES_PER_GRID = 8
_FRAMES_PER_GRID = 6
_NUM_READERS = 4
_UNSEEN_STRETCH = 1.05
_NUM_IDS_SHOWN = 100

Files = Sequence[map_folder.SceneFiles]


@dataclasses.dataclass(frozen=True)
class Options:
  """Options of `generate`.

  Attributes:
    label_dir: folder of label maps, see `inference.map_folder`.
    instance_dir: folder of instance maps; '' for none.
    output_dir: folder of the images.
    plan: which images of each scene.
    scenes: names of the only scenes to generate; empty for all.
    animation: format of the animated file, see `visualization.animation`.
    grid: whether to make grids of maps and images.
    save_styles: file to keep the styles of all instances in; '' for none.
    photographs: whose instances give those of the scenes their styles.
  """

  label_dir: str
  instance_dir: str
  output_dir: str
  plan: generation_plan.Plan
  scenes: tuple[str, ...] = ()
  animation: str = 'webp'
  grid: bool = False
  save_styles: str = ''
  photographs: tuple[photograph_styles.Photograph, ...] = ()


def run(options: Options, sampler: sampler_lib.Sampler) -> str:
  """Generates the images that are missing, damaged or of other maps.

  Args:
    options: see `Options`.
    sampler: of the generator.

  Returns:
    Lines on what was written.

  Raises:
    InputError: for folders, maps, ids or styles that do not fit.
    exits.Stopped: after SIGTERM or Ctrl-C, when all that was begun is written.
  """
  _check(options, sampler)
  found = map_folder.find(
    options.label_dir,
    options.instance_dir or None if sampler.needs_instance_map else None,
    options.scenes,
  )
  options = _with_photographs(options, sampler, found)
  files = _check_ids(options, sampler, found)
  output_folder.prepare(
    options.output_dir,
    map_folders=[f for f in (options.label_dir, options.instance_dir) if f],
    settings=options.plan.record(sampler),
    names=[name for scene in files for name in _outputs(options, scene.name)],
  )
  output = pathlib.Path(options.output_dir)
  refusal = (
    f'Another program is generating into {output}: wait for its end, stop it, '
    'or choose another --output_dir.'
  )
  with file_lock.held(output / output_folder.RECORD, refusal):
    return _generate(options, sampler, files)


def _generate(
  options: Options, sampler: sampler_lib.Sampler, files: Files
) -> str:
  if options.save_styles:
    _save_styles(options, sampler, files)
  with interruption.Interruption('finishing what is begun') as stop:
    job = _Job(options, sampler, files, stop)
    lines = job.generate()
    if options.plan.edits.interpolate:
      lines += job.animate()
    if options.grid:
      lines += job.make_grids()
  return '\n'.join(lines)


def _check(options: Options, sampler: sampler_lib.Sampler) -> None:
  plan = options.plan
  plan.check(sampler)
  is_one_image = plan.num_samples == 1 and not plan.edits.interpolate
  if options.save_styles and not is_one_image:
    raise InputError(
      '--save_styles keeps one style for each instance of a scene: leave out '
      '--interpolate and --num_draws. (The sample number K, from 0 on, has the '
      'seed --seed + K.)'
    )


def _with_photographs(
  options: Options, sampler: sampler_lib.Sampler, files: Files
) -> Options:
  """The same options with styles in the place of photographs."""
  edits = options.plan.edits.with_styles(
    photograph_styles.Reader(sampler.encode)
  )
  kept = dict(edits.kept)
  for photograph in options.photographs:
    found = photograph_styles.of_scenes(photograph, files, sampler.encode)
    for scene, styles in found.items():
      kept[scene] = {**edits.kept_in(scene), **kept.get(scene, {}), **styles}
  edits = dataclasses.replace(edits, kept=kept)
  return dataclasses.replace(
    options, plan=dataclasses.replace(options.plan, edits=edits)
  )


def _check_ids(
  options: Options, sampler: sampler_lib.Sampler, files: Files
) -> Files:
  """Checks that the ids that the flags name are in the maps.

  Returns:
    The scenes to generate: with interpolations those that have such an
    instance.
  """
  plan, edits = options.plan, options.plan.edits
  if not (edits.named_ids or edits.kept):
    return files
  ids = _ids(sampler, files)
  present = sorted(set().union(*ids.values()))
  for i in edits.named_ids:
    if len(files) == 1 or len(present) <= _NUM_IDS_SHOWN:
      sampler_lib.check_known(i, present)
    if i not in present:
      raise InputError(
        f'There is no instance {i} in any of {len(files)} scenes. The first '
        f'one, {files[0].name}, has {", ".join(map(str, ids[files[0].name]))}.'
      )
  if edits.kept:
    _check_kept_styles(plan, sampler, ids)
  if not edits.interpolate:
    return files
  return [
    scene for scene in files if set(ids[scene.name]) & set(edits.interpolate)
  ]


def _check_kept_styles(
  plan: generation_plan.Plan,
  sampler: sampler_lib.Sampler,
  ids: dict[str, tuple[int, ...]],
) -> None:
  """Checks the styles of `--styles` against the instances of the scenes."""
  is_kept = []
  for scene, present in ids.items():
    kept = plan.edits.kept_in(scene)
    for i in present:
      is_kept.append(i in kept)
      if i in kept:
        sampler.check_style(i, kept[i])
  if not any(is_kept):
    named = sorted({i for kept in plan.edits.kept.values() for i in kept})
    raise InputError(
      'No scene has an instance of those in --styles or --style_from: '
      f'{summarize(list(map(str, named)))}.'
    )
  if plan.num_samples > 1 and not plan.edits.vary and all(is_kept):
    raise InputError(
      '--styles or --style_from gives every instance one style, so that all '
      'images would be the same: leave out --num_draws, or give --vary.'
    )


def _save_styles(
  options: Options, sampler: sampler_lib.Sampler, files: Files
) -> None:
  """Writes the styles of all instances of all scenes."""
  plan = options.plan
  by_scene: dict[str, styles_lib.Styles] = {}
  for scene in _read(sampler, files, 'Styles'):
    (variant,) = plan.variants(scene.name)
    name = scene.name if plan.seed_by_scene else styles_lib.ANY_SCENE
    styles = plan.styles(sampler, scene, variant)
    by_scene.setdefault(name, {}).update(styles)
  styles_lib.save(options.save_styles, by_scene, sampler.weights_sha256)


def _ids(
  sampler: sampler_lib.Sampler, files: Files
) -> dict[str, tuple[int, ...]]:
  """The ids that have a style, by scene."""
  return {
    scene.name: sampler.style_ids(scene)
    for scene in _read(sampler, files, 'Reading maps')
  }


def _outputs(options: Options, scene: str) -> list[str]:
  """The files of a scene, below the output folder."""
  names = [variant.path for variant in options.plan.variants(scene)]
  if options.plan.edits.interpolate:
    names.append(f'{scene}.{options.animation}')
  return names


class _Job:
  """One run of `generate`, which can be interrupted between two images."""

  def __init__(
    self,
    options: Options,
    sampler: sampler_lib.Sampler,
    files: Files,
    stop: interruption.Interruption,
  ):
    self._options, self._plan = options, options.plan
    self._sampler, self._files, self._stop = sampler, files, stop
    self._output = pathlib.Path(options.output_dir)
    self._maps = {  # Before any of them is read.
      scene.name: output_folder.maps_sha256(scene) for scene in files
    }

  def generate(self) -> list[str]:
    """Generates the images that are missing, a batch at a time."""
    missing = {
      scene: variants
      for scene in self._files
      if (variants := self._missing(scene))
    }
    num_missing = sum(map(len, missing.values()))
    total = sum(len(self._plan.variants(scene.name)) for scene in self._files)
    variants_of = {scene.name: v for scene, v in missing.items()}
    dropped: list[str] = []
    stretched: list[str] = []
    num_done = total - num_missing
    with progress.bar(
      desc='Generating', total=total, initial=num_done, unit='image'
    ) as bar:
      images = self._wanted(list(missing), variants_of, dropped, stretched)
      for batch in read_ahead.batched(images, self._sampler.batch_size):
        self._generate_batch(batch)
        num_done += len(batch)
        bar.update(len(batch))
        self._leave_if_asked(f'{num_done} of {total} images')
    lines = [
      f'{num_missing} images generated, {total - num_missing} existed '
      f'already: {self._output}.'
    ]
    if self._sampler.needs_instance_map and not self._options.instance_dir:
      lines.append(
        'Without --instance_dir the objects are unknown: each class that has '
        'instances has one style in a scene.'
      )
    if dropped:
      lines.append(
        f'More instances than the {self._sampler.max_instances} that can have '
        f'a style, the smallest have none: {summarize(dropped)}.'
      )
    if stretched:
      height, width = self._sampler.image_size
      lines.append(
        f'Maps of another shape than {height}x{width} were stretched to it: '
        f'{summarize(stretched)}.'
      )
    return lines

  def animate(self) -> list[str]:
    """Joins the frames of each scene whose animation is missing or older."""
    for scene in self._files:
      path = self._output / f'{scene.name}.{self._options.animation}'
      frames = [
        self._output / variant.path
        for variant in self._plan.variants(scene.name)
      ]
      newest = max(frame.stat().st_mtime_ns for frame in frames)
      if not path.exists() or path.stat().st_mtime_ns < newest:
        animation.save(path, [_load(frame) for frame in frames])
      self._leave_if_asked('all images')
    if len(self._files) == 1:
      return [f'The animation of {self._files[0].name}: {path}.']
    pattern = f'{self._output}/*.{self._options.animation}'
    return [f'{len(self._files)} animations: {pattern}.']

  def make_grids(self) -> list[str]:
    """Grids of maps and images, of some scenes each."""
    paths: list[pathlib.Path] = []
    reading = _read(self._sampler, self._files, 'Grids')
    for scenes in read_ahead.batched(reading, _SCENES_PER_GRID):
      columns = collections.defaultdict(list)
      for scene in scenes:
        for variant in self._shown(scene.name):
          image = _load(self._output / variant.path)
          columns[variant.title].append(
            _resize(image, self._sampler.image_size)
          )
      path = self._output / 'grid' / f'{len(paths):03d}.png'
      grid = image_grid.image_grid(
        label_maps=np.stack([scene.label_map for scene in scenes]),
        instance_maps=np.stack([scene.instance_map for scene in scenes]),
        images={title: np.stack(column) for title, column in columns.items()},
        label_table=self._sampler.label_table,
        names=[scene.name for scene in scenes],
      )
      image_grid.save_png(path, grid)
      paths.append(path)
      self._leave_if_asked('all images')
    more = f' and {len(paths) - 1} more.' if paths[1:] else '.'
    return [f'Open {paths[0]}{more}']

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

  def _wanted(
    self,
    files: Files,
    variants_of: dict[str, list[generation_plan.Variant]],
    dropped: list[str],
    stretched: list[str],
  ) -> Iterator[tuple[scene_maps.SceneMaps, generation_plan.Variant]]:
    """Scenes and variants in order; notes what they lose of the maps."""
    for scene in _read(self._sampler, files):
      if scene.num_dropped:
        dropped.append(f'{scene.name} ({scene.num_dropped})')
      if _is_stretched(scene.size, self._sampler.image_size):
        stretched.append(f'{scene.name} ({scene.size[0]}x{scene.size[1]})')
      for variant in variants_of[scene.name]:
        yield scene, variant

  def _generate_batch(
    self, batch: list[tuple[scene_maps.SceneMaps, generation_plan.Variant]]
  ) -> None:
    images = self._sampler.generate(
      [scene for scene, _ in batch],
      [self._plan.styles(self._sampler, *image) for image in batch],
    )
    for (scene, variant), image in zip(batch, images, strict=True):
      if self._plan.resize_back:
        image = _resize(image, scene.size)
      image_grid.save_png(
        self._output / variant.path,
        image,
        {output_folder.MAPS_SHA256: self._maps[scene.name]},
      )

  def _shown(self, scene: str) -> list[generation_plan.Variant]:
    """The variants in a grid: of an interpolation some of the frames."""
    variants = self._plan.variants(scene)
    if not self._plan.edits.interpolate:
      return variants
    shown = np.linspace(0, len(variants) - 1, _FRAMES_PER_GRID).round()
    return [variants[int(k)] for k in dict.fromkeys(shown)]

  def _leave_if_asked(self, done: str) -> None:
    if self._stop.requested(0):
      raise exits.Stopped(
        f'Stopped by {self._stop.signal_name}: {done} are in {self._output}. '
        'The same command continues.',
        self._stop.exit_status,
      )


def _read(
  sampler: sampler_lib.Sampler, files: Files, task: str = ''
) -> Iterator[scene_maps.SceneMaps]:
  """The scenes in their order, with a progress bar if `task` names one."""

  def read(scene: map_folder.SceneFiles) -> scene_maps.SceneMaps:
    return sampler.scene(scene.label_map, scene.instance_map, name=scene.name)

  scenes = read_ahead.map_ahead(read, files, num_threads=_NUM_READERS)
  if not task:
    return scenes
  return iter(progress.bar(scenes, desc=task, total=len(files), unit='scene'))


def _is_stretched(size: tuple[int, int], to: tuple[int, int]) -> bool:
  """Whether an aspect ratio changes by more than rounding to pixels does."""
  change = (size[1] / size[0]) / (to[1] / to[0])
  return not 1 / _UNSEEN_STRETCH < change < _UNSEEN_STRETCH


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


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """uint8 [H, W, 3] to (height, width)."""
  if image.shape[:2] == tuple(size):
    return image
  resized = Image.fromarray(image).resize(size[::-1], Image.Resampling.BICUBIC)
  return np.asarray(resized)
