"""What generated images are worth to a segmenter.

  python -m benchmarks.augmentation --workdir runs/augmentation --seeds 3

A generator learns from a few toy streets alone and makes more images of their
maps, as `instgan_jax.augment` does. A segmenter is trained on the few, on the
few and the generated ones, and on many; it is evaluated on other real scenes.
The few are repeated, so that every second image is real. Prints the IoU of each
class in percent, over the segmenter's seeds. The same command continues what
was stopped; other numbers of scenes need another workdir.
"""

import argparse
import json
import pathlib
import statistics
from collections.abc import Sequence

from benchmarks import joined
from data_pipeline import folder_reader, in_memory, subset
from instgan_jax.build import data
from instgan_jax.cli import configurations, program
from instgan_jax.commands import (
  augment,
  augment_options,
  train,
  train_segmenter,
)

TRAINED_ON = ('few', 'few and generated', 'many')
_RARE = 'rider=3,truck=3,bus=3,train=3,motorcycle=3'


def main() -> None:
  """Parses the flags, trains what is missing and prints the table."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('--workdir', required=True, type=pathlib.Path)
  parser.add_argument('--seeds', type=int, default=1, help='of the segmenter')
  parser.add_argument('--generator', default='configs/toy_street_strong.py')
  parser.add_argument('--segmenter', default='configs/toy_segmenter.py')
  parser.add_argument('--num_steps', type=int, default=800, help='of each run')
  parser.add_argument('--num_few', type=int, default=32)
  parser.add_argument('--num_many', type=int, default=512)
  parser.add_argument('--num_val', type=int, default=200)
  parser.add_argument('--variants', type=int, default=10)
  parser.add_argument('--oversample', default=_RARE)
  flags = parser.parse_args()
  if flags.seeds < 1:
    parser.error(f'--seeds is {flags.seeds}, expected at least 1.')
  if not _npz(flags, TRAINED_ON[1], 'train').exists():
    _write_scenes(flags)
  rows: dict[str, list[dict[str, float]]] = {name: [] for name in TRAINED_ON}
  for seed in range(flags.seeds):
    for name, runs in rows.items():
      runs.append(_trained_iou(flags, name, seed))
  print(table(rows))


def _write_scenes(flags: argparse.Namespace) -> None:
  """Writes the scenes of every row; the generated ones last."""
  config = configurations.read(flags.generator)
  config.data.update({'num_train': flags.num_many, 'num_val': flags.num_val})
  many, val = (
    in_memory.InMemory(data.source(config, split)) for split in ('train', 'val')
  )
  few = in_memory.InMemory(subset.Subset(many, range(flags.num_few)))
  for name in TRAINED_ON:
    _npz(flags, name, 'val').parent.mkdir(parents=True, exist_ok=True)
    val.to_npz(_npz(flags, name, 'val'))
  few.to_npz(_npz(flags, 'few', 'train'))
  many.to_npz(_npz(flags, 'many', 'train'))
  generated = _generated(flags)
  repeats = max(1, len(generated) // len(few))
  mixed = in_memory.InMemory(joined.Joined([few] * repeats + [generated]))
  mixed.to_npz(_npz(flags, TRAINED_ON[1], 'train'))


def _generated(flags: argparse.Namespace) -> in_memory.InMemory:
  """Images of the few scenes' maps, by a generator that saw no others."""
  workdir, output = flags.workdir / 'generator', flags.workdir / 'generated'
  changes = [
    *_changes(flags, 'few'),
    '--config.discriminator.augmentation=color,translation,cutout',
    '--config.eval.every_steps=0',
    '--config.eval.metrics=',
  ]
  config = configurations.read(flags.generator, changes)
  train.run(config, workdir)
  options = augment_options.Options(
    workdir=str(workdir),
    output=str(output),
    num_variants=flags.variants,
    oversample=augment_options.parse_oversample(flags.oversample.split(',')),
  )
  print(augment.run(options, None), flush=True)
  size = (config.data.height, config.data.width)
  return in_memory.InMemory(
    folder_reader.open_split(output, 'train', size=size, geometry='resize')
  )


def _trained_iou(
  flags: argparse.Namespace, name: str, seed: int
) -> dict[str, float]:
  """The IoU of a segmenter on real val scenes: their mean, and by class."""
  changes = [
    *_changes(flags, name),
    f'--config.seed={seed}',
    f'--config.eval_every_steps={flags.num_steps}',
  ]
  folder = flags.workdir / f'segmenter_{_folder(name)}_seed{seed}'
  train_segmenter.run(configurations.read(flags.segmenter, changes), folder)
  lines = map(json.loads, (folder / 'metrics.jsonl').read_text().splitlines())
  metrics = [line for line in lines if 'miou' in line][-1]
  classes = {
    key.removeprefix('iou '): iou
    for key, iou in metrics.items()
    if key.startswith('iou ')
  }
  return {'all classes': metrics['miou'], **classes}


def _changes(flags: argparse.Namespace, name: str) -> list[str]:
  """Of a configuration that trains on the scenes of a row."""
  return [
    f'--config.num_steps={flags.num_steps}',
    '--config.data.source=npz',
    f'--config.data.path={_npz(flags, name, "train").parent}',
  ]


def _npz(flags: argparse.Namespace, name: str, split: str) -> pathlib.Path:
  return flags.workdir / 'data' / _folder(name) / f'{split}.npz'


def _folder(name: str) -> str:
  return name.replace(' ', '_')


def table(rows: dict[str, list[dict[str, float]]]) -> str:
  """Means over the seeds and their deviation in percent, Markdown."""
  lines = [f'| | {" | ".join(rows)} |', '|---' * (1 + len(rows)) + '|']
  for key in next(iter(rows.values()))[0]:
    cells = [_cell([100 * run[key] for run in runs]) for runs in rows.values()]
    lines.append(f'| {key} | {" | ".join(cells)} |')
  return '\n'.join(lines)


def _cell(values: Sequence[float]) -> str:
  mean = f'{statistics.mean(values):.1f}'
  return mean if len(values) < 2 else f'{mean} ± {statistics.stdev(values):.1f}'


if __name__ == '__main__':
  program.exit_after(main)
