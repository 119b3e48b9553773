"""Pictures of folders of maps: what `generate` does after the flags."""

import collections
import concurrent.futures
import dataclasses
import pathlib
from collections.abc import Iterable, Iterator, Sequence

import jax
import numpy as np
import tqdm
from PIL import Image

from data_pipeline import errors
from data_pipeline.errors import InputError
from instgan_jax.inference import (
  generation_plan,
  map_folder,
  output_folder,
  sampler,
  scene_maps,
)
from instgan_jax.inference import styles as styles_lib
from instgan_jax.runtime import exits, interruption
from instgan_jax.visualization import animation, image_grid

_SCENES_PER_SHEET = 8
_FRAMES_PER_SHEET = 6
_NUM_READERS = 4
_NUM_IDS_SHOWN = 100


@dataclasses.dataclass(frozen=True)
class Options:
  """What to draw, of what, and where to.

  Attributes:
    label_dir: folder of label maps, see `inference.map_folder`.
    instance_dir: folder of instance maps; '' for none.
    output_dir: folder of the pictures.
    plan: which pictures of each scene.
    scenes: names of the only scenes to draw; empty for all.
    animation: format of the animated file, see `inference.animation`.
    grid: whether to make contact sheets.
    save_styles: file to keep the styles of all instances in; '' for none.
  """

  label_dir: str
  instance_dir: str
  output_dir: str
  plan: generation_plan.Plan
  scenes: tuple[str, ...] = ()
  animation: str = 'webp'
  grid: bool = False
  save_styles: str = ''


def run(options: Options, drawing: sampler.Sampler) -> str:
  """Draws what is not there yet, and returns lines on what was written.

  A picture that is older than its maps is drawn again.

  Args:
    options: see there.
    drawing: the generator.

  Raises:
    InputError: for folders, maps, ids or styles that do not fit.
    exits.Stopped: after SIGTERM or Ctrl-C, when all that was begun is written.
  """
  _check(options, drawing)
  files = map_folder.find(
    options.label_dir,
    options.instance_dir or None if drawing.needs_instance_map else None,
    options.scenes,
  )
  files = _check_ids(options, drawing, files)
  output = output_folder.prepare(
    options.output_dir,
    map_folders=[f for f in (options.label_dir, options.instance_dir) if f],
    settings=options.plan.record(drawing),
    names=[name for scene in files for name in _outputs(options, scene.name)],
  )
  if options.save_styles:
    _save_styles(options, drawing, files)
  wanted = [
    (scene, look) for scene in files for look in options.plan.looks(scene.name)
  ]
  missing = [
    (scene, look)
    for scene, look in wanted
    if not output_folder.is_drawn(output / look.path, scene)
  ]
  with interruption.Interruption('finishing what is begun') as stop:
    _draw_all(options, drawing, missing, len(wanted), stop)
    lines = [
      f'{len(missing)} pictures drawn, {len(wanted) - len(missing)} were there '
      f'already: {output}.'
    ]
    if options.plan.changes.interpolate:
      drawn = {scene.name for scene, _ in missing}
      lines += _animate(options, files, drawn, stop)
    if options.grid:
      lines += _make_sheets(options, drawing, files, stop)
  return '\n'.join(lines)


def _check(options: Options, drawing: sampler.Sampler) -> None:
  plan = options.plan
  plan.check(drawing)
  is_one_drawing = plan.num_draws == 1 and not plan.changes.interpolate
  if options.save_styles and (plan.seed_by_scene or not is_one_drawing):
    raise InputError(
      '--save_styles keeps one style for each instance id: leave out '
      '--interpolate, --seed_by_scene and --num_draws. (The draw number K, '
      'from 0 on, has the seed --seed + K.)'
    )
  if drawing.needs_instance_map and not options.instance_dir:
    raise InputError(
      'This generator needs instance maps: give --instance_dir, which may be '
      'the same folder as --label_dir.'
    )


def _check_ids(
  options: Options,
  drawing: sampler.Sampler,
  files: Sequence[map_folder.SceneFiles],
) -> Sequence[map_folder.SceneFiles]:
  """Looks for the ids that the flags name.

  Returns:
    The scenes to draw: with interpolations those that have such an instance.
  """
  plan, changes = options.plan, options.plan.changes
  if not (changes.named_ids or changes.kept):
    return files
  ids = _ids(drawing, files)
  present = sorted(set().union(*ids.values()))
  for i in changes.named_ids:
    if len(files) == 1 or len(present) <= _NUM_IDS_SHOWN:
      sampler.check_known(i, present)
    if i not in present:
      raise InputError(
        f'There is no instance {i} in any of {len(files)} scenes. The first '
        f'one, {files[0].name}, has {", ".join(map(str, ids[files[0].name]))}.'
      )
  kept = [i for i in present if i in changes.kept]
  if changes.kept and not kept:
    raise InputError(
      'No scene has an instance of those in --styles: '
      f'{errors.summarize([str(i) for i in changes.kept])}.'
    )
  for i in kept:
    drawing.check_style(i, changes.kept[i])
  if plan.num_draws > 1 and not changes.vary and kept == present:
    raise InputError(
      '--styles gives every instance one style, so that all drawings would be '
      'the same: leave out --num_draws, or give --vary.'
    )
  if not changes.interpolate:
    return files
  return [
    scene for scene in files if set(ids[scene.name]) & set(changes.interpolate)
  ]


def _save_styles(
  options: Options,
  drawing: sampler.Sampler,
  files: Sequence[map_folder.SceneFiles],
) -> None:
  """Keeps the styles of all instances of all scenes."""
  present = set().union(*_ids(drawing, files).values())
  plan = options.plan
  styles_lib.save(
    options.save_styles,
    plan.changes.styles(present, drawing.style, seed=plan.seed),
    drawing.weights_sha256,
  )


def _ids(
  drawing: sampler.Sampler, files: Sequence[map_folder.SceneFiles]
) -> dict[str, tuple[int, ...]]:
  """The ids that have a style, by scene."""
  return {
    scene_files.name: drawing.style_ids(scene)
    for scene_files, scene in tqdm.tqdm(
      _read(drawing, files), 'Reading maps', len(files), unit='scene'
    )
  }


def _outputs(options: Options, scene: str) -> list[str]:
  """The files of a scene, below the output folder."""
  names = [look.path for look in options.plan.looks(scene)]
  if options.plan.changes.interpolate:
    names.append(f'{scene}.{options.animation}')
  return names


def _draw_all(
  options: Options,
  drawing: sampler.Sampler,
  missing: Sequence[tuple[map_folder.SceneFiles, generation_plan.Variant]],
  num_wanted: int,
  stop: interruption.Interruption,
) -> None:
  """Draws and writes pictures, a batch at a time."""
  looks = collections.defaultdict(list)
  for scene_files, look in missing:
    looks[scene_files].append(look)
  coming = (
    (scene_files.name, scene, look)
    for scene_files, scene in _read(drawing, list(looks))
    for look in looks[scene_files]
  )
  num_there = num_wanted - len(missing)
  with tqdm.tqdm(
    desc='Drawing', total=num_wanted, initial=num_there, unit='picture'
  ) as bar:
    for batch in _batches(coming, drawing.batch_size):
      _draw_batch(options, drawing, batch)
      num_there += len(batch)
      bar.update(len(batch))
      _leave_if_asked(
        stop, f'{num_there} of {num_wanted} pictures', options.output_dir
      )


def _leave_if_asked(
  stop: interruption.Interruption, there: str, output_dir: str
) -> None:
  if stop.requested(0):
    raise exits.Stopped(
      f'Stopped by {stop.signal_name}: {there} are in {output_dir}. The same '
      'command continues.',
      stop.exit_status,
    )


def _draw_batch(
  options: Options,
  drawing: sampler.Sampler,
  batch: Sequence[tuple[str, scene_maps.SceneMaps, generation_plan.Variant]],
) -> None:
  images = drawing.draw_scenes(
    [scene for _, scene, _ in batch],
    [options.plan.styles(drawing, *picture) for picture in batch],
  )
  for (_, scene, look), image in zip(batch, images, strict=True):
    if options.plan.resize_back:
      image = _resize(image, scene.size)
    path = pathlib.Path(options.output_dir) / look.path
    image_grid.save_png(path, image)


def _animate(
  options: Options,
  files: Sequence[map_folder.SceneFiles],
  drawn: set[str],
  stop: interruption.Interruption,
) -> list[str]:
  """Joins the frames of each scene whose animation is missing or old."""
  output = pathlib.Path(options.output_dir)
  for scene in files:
    path = output / f'{scene.name}.{options.animation}'
    if scene.name in drawn or not path.exists():
      frames = [
        _load(output / look.path) for look in options.plan.looks(scene.name)
      ]
      animation.save(path, frames)
    _leave_if_asked(stop, 'all pictures', options.output_dir)
  return (
    [f'The animation of {scene.name}: {path}.']
    if len(files) == 1
    else [f'{len(files)} animations: {output}/*.{options.animation}.']
  )


def _make_sheets(
  options: Options,
  drawing: sampler.Sampler,
  files: Sequence[map_folder.SceneFiles],
  stop: interruption.Interruption,
) -> list[str]:
  """Contact sheets: maps and pictures of some scenes each."""
  output = pathlib.Path(options.output_dir)
  paths = []
  for scenes in _batches(_read(drawing, files), _SCENES_PER_SHEET):
    columns = collections.defaultdict(list)
    for scene_files, _ in scenes:
      looks = options.plan.looks(scene_files.name)
      if options.plan.changes.interpolate:
        shown = np.linspace(0, len(looks) - 1, _FRAMES_PER_SHEET).round()
        looks = [looks[int(k)] for k in dict.fromkeys(shown)]
      for look in looks:
        picture = _load(output / look.path)
        columns[look.title].append(_resize(picture, drawing.image_size))
    path = output / 'grid' / f'{len(paths):03d}.png'
    sheet = image_grid.comparison_grid(
      label_maps=np.stack([scene.label_map for _, scene in scenes]),
      instance_maps=np.stack([scene.instance_map for _, scene in scenes]),
      pictures={title: np.stack(c) for title, c in columns.items()},
    )
    image_grid.save_png(path, sheet)
    paths.append(path)
    _leave_if_asked(stop, 'all pictures', options.output_dir)
  return [
    f'Open {paths[0]}' + (f' and {len(paths) - 1} more.' if paths[1:] else '.')
  ]


def _read(
  drawing: sampler.Sampler, files: Sequence[map_folder.SceneFiles]
) -> Iterator[tuple[map_folder.SceneFiles, scene_maps.SceneMaps]]:
  """The scenes in their order, read in threads a little ahead."""
  ahead = collections.deque()
  with concurrent.futures.ThreadPoolExecutor(_NUM_READERS) as readers:
    for scene_files in files:
      maps = (scene_files.label_map, scene_files.instance_map)
      ahead.append((scene_files, readers.submit(drawing.scene, *maps)))
      if len(ahead) > 2 * _NUM_READERS:
        scene_files, future = ahead.popleft()
        yield scene_files, future.result()
    for scene_files, future in ahead:
      yield scene_files, future.result()


def _batches(items: Iterable, size: int) -> Iterator[list]:
  batch = []
  for item in items:
    batch.append(item)
    if len(batch) == size:
      yield batch
      batch = []
  if batch:
    yield batch


def _load(path: pathlib.Path) -> np.ndarray:
  """uint8 [H, W, 3]."""
  try:
    with Image.open(path) as picture:
      return np.asarray(picture.convert('RGB'))
  except OSError as error:
    raise InputError(
      f'{path} cannot be read ({error}): remove it and give the same command '
      'again.'
    ) from error


def _resize(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """uint8 [H, W, 3] to (height, width)."""
  if image.shape[:2] == tuple(size):
    return image
  picture = Image.fromarray(image)
  return np.asarray(picture.resize(size[::-1], Image.Resampling.BICUBIC))


def default_batch_size() -> int:
  """Pictures at once: one for each device, more on accelerators."""
  each = 1 if jax.default_backend() == 'cpu' else 8
  return each * jax.local_device_count()
