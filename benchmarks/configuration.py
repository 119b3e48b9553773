"""The configuration that a benchmark of networks measures, from its flags."""

import argparse
import pathlib

import ml_collections

from instgan_jax.build import generator as build_generator
from instgan_jax.build import methods
from instgan_jax.cli import configurations


def define_flags(parser: argparse.ArgumentParser) -> None:
  """Adds the flags that choose a configuration."""
  parser.add_argument('--config', default='configs/toy_street.py')
  parser.add_argument('--batch_size', type=int, help='that of the config')
  parser.add_argument('--height', type=int, help='the width is twice as much')
  parser.add_argument('--dtype', choices=sorted(build_generator.DTYPES))


def define_folder_flag(parser: argparse.ArgumentParser) -> None:
  """Adds `--folder`, for benchmarks that scenes are fed to."""
  parser.add_argument(
    '--folder',
    help='of photographs and maps (docs/data.md), instead of toy streets',
  )


def from_flags(
  flags: argparse.Namespace, name: str
) -> ml_collections.ConfigDict:
  """The configuration of a method, with GauGAN's iteration.

  In it the generator generates again for the discriminator and has no moving
  average, the losses and the rates are GauGAN's.

  Args:
    flags: of `define_flags` and, maybe, `define_folder_flag`.
    name: of the method; 'L dense' and 'L deduplicated' are L with that form of
      the modulation.
  """
  method, _, form = name.partition(' ')
  config = methods.with_method(configurations.read(flags.config), method)
  config.model.modulation_form = form or config.model.modulation_form
  folder = vars(flags).get('folder')
  config.data.source = 'folder' if folder else 'toy_street'
  config.data.path = folder or ''
  config.batch_size = flags.batch_size or config.batch_size
  config.dtype = flags.dtype or config.dtype
  if flags.height:
    config.data.update({'height': flags.height, 'width': 2 * flags.height})
  config.share_generator_forward = False
  config.ema_decay = 0.0
  config.loss_weights.feature_matching = 10.0
  config.g_learning_rate, config.d_learning_rate = 1e-4, 4e-4
  return config


def setting(
  flags: argparse.Namespace, config: ml_collections.ConfigDict
) -> str:
  """What all lines of a benchmark of networks have in common."""
  path = pathlib.Path(config.data.path)
  scenes = f', {path.name}' if config.data.path else ''
  return (
    f'{pathlib.Path(flags.config).stem} {config.data.height}x'
    f'{config.data.width}, batch {config.batch_size}, {config.dtype}{scenes}'
  )
