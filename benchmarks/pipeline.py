"""How fast training batches come from each data source.

  python -m benchmarks.pipeline --num_scenes 256 --height 64

Toy streets are rendered when they are read (`toy_street`), read as Cityscapes'
folders of PNGs (`folder`), as a data set that TFDS prepared of these
(`tfds`), all three through tf.data, and from one file in memory (`npz`). All
files are made first, in a temporary folder. A line has the images a second of
the first epoch (`first_epoch`) and of later ones, and the images that a core
makes in a second: `images_per_core_second` is what to compare, and to multiply
with the cores of another machine.
"""

import argparse
import itertools
import pathlib
import tempfile
import zipfile
from collections.abc import Callable

import ml_collections

from benchmarks import measurement
from configs import toy_street as toy_street_config
from data_pipeline import in_memory, toy_street
from data_pipeline.cityscapes import archives
from data_pipeline.toy_street import folder as toy_folder
from instgan_jax.build import data
from instgan_jax.cli import program

# Name of the source -> how its scenes become batches.
LOADERS = {
  'toy_street': 'tf_data',
  'folder': 'tf_data',
  'tfds': 'tf_data',
  'npz': 'in_memory',
}


def main() -> None:
  """Parses the flags, makes the files, measures and prints."""
  parser = measurement.parser(__doc__, num_rounds=5)
  parser.add_argument('--num_scenes', type=int, default=256)
  parser.add_argument('--batch_size', type=int, default=8)
  parser.add_argument('--height', type=int, default=64)
  flags = parser.parse_args()
  with tempfile.TemporaryDirectory() as folder:
    paths = _make_files(flags, pathlib.Path(folder))
    variants = {
      source: _epochs(_config(flags, source, paths.get(source, '')))
      for source in LOADERS
    }
    timings = measurement.in_turns(variants, num_rounds=flags.rounds)
  setting = (
    f'{flags.num_scenes} scenes of {flags.height}x{2 * flags.height}, '
    f'batch {flags.batch_size}'
  )
  lines = measurement.Lines('pipeline', setting, flags.output)
  num_images = flags.num_scenes // flags.batch_size * flags.batch_size
  for source, timing in timings.items():
    lines.add(
      source,
      timing,
      first_epoch=num_images / timing.first,
      images_per_second=num_images / timing.median,
      images_per_core_second=num_images / timing.cpu,
    )


def _config(
  flags: argparse.Namespace, source: str, path: str
) -> ml_collections.ConfigDict:
  config = toy_street_config.get_config()
  config.batch_size = flags.batch_size
  config.data.update(
    {
      'source': source,
      'path': path,
      'loader': LOADERS[source],
      'height': flags.height,
      'width': 2 * flags.height,
      'num_train': flags.num_scenes,
    }
  )
  return config


def _epochs(config: ml_collections.ConfigDict) -> Callable[[], None]:
  """A function that makes the batches of the next epoch."""
  scenes = data.source(config, 'train')
  num_steps = len(scenes) // config.batch_size
  starts = itertools.count(0, num_steps)

  def epoch() -> None:
    batches = data.train_batches(config, scenes, start_step=next(starts))
    for _ in itertools.islice(batches, num_steps):
      pass
    batches.close()  # Of tf.data, whose threads would read on.

  return epoch


def _make_files(
  flags: argparse.Namespace, folder: pathlib.Path
) -> dict[str, str]:
  """The streets as PNGs, prepared for TFDS, and as .npz: paths by source."""
  paths = {name: folder / name for name in ('folder', 'zips', 'tfds', 'npz')}
  for split, count in (('train', flags.num_scenes), ('val', 1)):
    source = toy_street.ToyStreet(count, height=flags.height, split=split)
    toy_folder.write_split(source, str(paths['folder']), split, toy_street.CITY)
    if split == 'train':
      paths['npz'].mkdir()
      in_memory.InMemory(source).to_npz(paths['npz'] / f'{split}.npz')
  paths['zips'].mkdir()
  for name in archives.NAMES.values():
    _zip(paths['folder'], name, paths['zips'])
  _prepare_tfds(paths['zips'], paths['tfds'])
  return {name: str(path) for name, path in paths.items()}


def _zip(folder: pathlib.Path, name: str, zips: pathlib.Path) -> None:
  """An archive as Cityscapes publishes it: leftImg8bit_trainvaltest.zip."""
  with zipfile.ZipFile(zips / name, 'w') as archive:
    for path in sorted((folder / name.split('_')[0]).rglob('*.png')):
      archive.write(path, path.relative_to(folder))


def _prepare_tfds(zips: pathlib.Path, output: pathlib.Path) -> None:
  from data_pipeline.cityscapes import tfds_builder

  tfds_builder.prepare(
    data_dir=str(output), manual_dir=str(zips), config='full'
  )


if __name__ == '__main__':
  program.exit_after(main)
