"""Prepares Cityscapes with instance maps for TFDS.

  python -m data_pipeline.cityscapes --data_dir DIR --manual_dir DIR \\
    --config 256x512
"""

import argparse
import os
import sys
from collections.abc import Sequence

import instgan_jax
from data_pipeline.cityscapes import archives, prepared_sizes
from data_pipeline.errors import InputError
from instgan_jax.cli import program

_EXAMPLE = """example:
  python -m data_pipeline.cityscapes --data_dir data/tfds \\
      --manual_dir downloads/cityscapes --config 256x512
"""


class _Parser(argparse.ArgumentParser):
  def error(self, message):
    raise InputError(f'{message}. See {self.prog} --help.')


def main(argv: Sequence[str]) -> None:
  """Prepares the data set that the flags ask for, unless it is there.

  Args:
    argv: the flags, without the program's name.

  Raises:
    InputError: for wrong flags, or if an archive is missing or damaged, or
      holds a scene that cannot be used.
  """
  flags = _parser().parse_args(argv)
  # Imported late: loads TensorFlow, which takes seconds.
  from data_pipeline.cityscapes import tfds_builder

  tfds_builder.prepare(
    data_dir=os.path.expanduser(flags.data_dir),
    manual_dir=os.path.expanduser(flags.manual_dir),
    config=flags.config,
  )


def _parser() -> argparse.ArgumentParser:
  parser = _Parser(
    prog='python -m data_pipeline.cityscapes',
    description='Prepares Cityscapes with instance maps for TFDS.',
    epilog=_EXAMPLE,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument(
    '--version', action='version', version=instgan_jax.__version__
  )
  parser.add_argument(
    '--data_dir', required=True, help='the folder for data sets of TFDS'
  )
  parser.add_argument(
    '--manual_dir',
    required=True,
    help=f'the folder of {" and ".join(archives.NAMES.values())}',
  )
  parser.add_argument(
    '--config',
    choices=prepared_sizes.SIZES,
    default='256x512',
    help='height x width, or full for the official files (default: 256x512)',
  )
  return parser


if __name__ == '__main__':
  program.exit_after(lambda: main(sys.argv[1:]))
