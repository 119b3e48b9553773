"""Where an image changes when one instance gets another style.

  python -m benchmarks.locality --workdir runs/toy_li \\
    --workdir runs/toy_street --num_scenes 32 --output locality.json

Every instance of some val scenes is resampled with the next seed, one at a
time. The whole change (absolute differences of float colors, summed over all
pixels) is split into three zones: inside the instance, outside but within
`--near` pixels of it, and farther. Instances of less than `--min_area` pixels
are left out. For each run it prints the mean over instances and its standard
deviation, the mean change of a pixel inside, in gray levels of 255, and the
shares of the pixels in the zones, which a uniform change would have.
"""

import argparse
import json
import pathlib
from collections.abc import Iterator

import numpy as np
import tqdm
from scipy import ndimage

from data_pipeline import atomic_file
from data_pipeline.cityscapes import labels
from instgan_jax.build import data, methods
from instgan_jax.cli import program
from instgan_jax.inference import Sampler, scene_maps

ZONES = ('inside', 'near', 'far')


def main() -> None:
  """Parses the flags, measures and prints."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('--workdir', required=True, action='append')
  parser.add_argument('--num_scenes', type=int, default=50)
  parser.add_argument('--near', type=int, default=8)
  parser.add_argument('--min_area', type=int, default=16)
  parser.add_argument('--classes', default='', help='car,person; all if empty')
  parser.add_argument('--seed', type=int, default=0)
  parser.add_argument('--output')
  flags = parser.parse_args()
  rows = [measure(workdir, flags) for workdir in flags.workdir]
  for row in rows:
    print(json.dumps(row), flush=True)
  print(table(rows, flags.near))
  if flags.output:
    atomic_file.write_json(flags.output, rows)


def measure(workdir: str, flags: argparse.Namespace) -> dict:
  """The shares of one run."""
  sampler = Sampler.from_folder(workdir)
  if not sampler.config.model.use_instances:
    raise SystemExit(
      f'{workdir} is of method L, whose instances have no style.'
    )
  source = data.source(sampler.config, 'val')
  num_scenes = min(flags.num_scenes, len(source))
  shares, even, levels = [], [], []
  for index in tqdm.trange(num_scenes, desc=workdir):
    scene = source.read(index)
    maps = sampler.scene(
      scene.label_map, scene.instance_ids, name=source.image_ids[index]
    )
    for zones, change in changes(sampler, maps, flags):
      total = change.sum()
      shares.append([change[zone].sum() / total for zone in zones])
      even.append([zone.mean() for zone in zones])
      levels.append(change[zones[0]].mean() * 127.5)
  if not shares:
    raise SystemExit(
      f'None of {num_scenes} scenes has an instance of --min_area '
      f'{flags.min_area} pixels and of the --classes.'
    )
  return {
    'workdir': pathlib.Path(workdir).name,
    'method': methods.name(sampler.config),
    'step': sampler.step,
    'size': list(sampler.image_size),
    'num_scenes': num_scenes,
    'num_instances': len(shares),
    'share': _by_zone(np.mean(shares, axis=0)),
    'deviation': _by_zone(np.std(shares, axis=0)),
    'share_of_pixels': _by_zone(np.mean(even, axis=0)),
    'mean_change_inside': float(np.mean(levels)),
  }


def changes(
  sampler: Sampler, scene: scene_maps.SceneMaps, flags: argparse.Namespace
) -> Iterator[tuple[list[np.ndarray], np.ndarray]]:
  """For each instance its zones and the change [H, W] of its resampling."""
  wanted = [
    labels.TABLE.named(name).id for name in flags.classes.split(',') if name
  ]
  styles = sampler.styles(scene, flags.seed)
  image = sampler.run(sampler.inputs([scene], [styles]))[0]
  for number, i in enumerate(scene.instance_ids, 1):
    inside = scene.instance_map == number
    if inside.sum() < flags.min_area:
      continue
    if wanted and scene.label_map[inside][0] not in wanted:
      continue
    style = sampler.style(i, seed=flags.seed + 1, scene=scene.name)
    resampled = sampler.inputs([scene], [{**styles, i: style}])
    other = sampler.run(resampled)[0]
    yield zones_of(inside, flags.near), np.abs(other - image).mean(axis=-1)


def zones_of(inside: np.ndarray, near: int) -> list[np.ndarray]:
  """Three masks: inside, within `near` pixels of it, and farther."""
  is_near = ndimage.distance_transform_edt(~inside) <= near
  return [inside, is_near & ~inside, ~is_near]


def table(rows: list[dict], near: int) -> str:
  """The shares of all runs, Markdown."""
  lines = [
    f'| | inside | within {near} pixels | farther | change inside |',
    '|---|---|---|---|---|',
  ]
  for row in rows:
    shares = ' | '.join(
      f'{row["share"][z]:.1%} ± {row["deviation"][z]:.1%}' for z in ZONES
    )
    lines.append(
      f'| {row["method"]} | {shares} | {row["mean_change_inside"]:.1f} levels |'
    )
  even = ' | '.join(f'{rows[0]["share_of_pixels"][z]:.1%}' for z in ZONES)
  lines.append(f'| share of the pixels | {even} | |')
  return '\n'.join(lines)


def _by_zone(values: np.ndarray) -> dict[str, float]:
  return dict(zip(ZONES, map(float, values), strict=True))


if __name__ == '__main__':
  program.exit_after(main)
