"""Writes toy streets in the folders and encodings of Cityscapes.

  python -m data_pipeline.toy_street --output DIR --num_train 1000 \\
    --num_val 100 --height 256
"""

import argparse
import sys
from collections.abc import Sequence

import instgan_jax
from data_pipeline import toy_street
from data_pipeline.errors import InputError
from instgan_jax.cli import program
from instgan_jax.runtime import exits


class _Parser(argparse.ArgumentParser):
  def error(self, message):
    raise InputError(f'{message}. See {self.prog} --help.')


def main(argv: Sequence[str]) -> None:
  """Writes the scenes that the flags ask for, unless they are there.

  Args:
    argv: the flags, without the program's name.

  Raises:
    InputError: for wrong flags or an unusable folder.
    exits.Stopped: after Ctrl-C.
  """
  flags = _parser().parse_args(argv)
  # Imported late: needs Pillow and tqdm, which --help can do without.
  from data_pipeline.toy_street import folder

  settings = {'height': flags.height, 'seed': flags.seed}
  sources = {
    split: toy_street.ToyStreet(count, split=split, **settings)
    for split, count in (('train', flags.num_train), ('val', flags.num_val))
  }
  try:
    folder.claim(flags.output, settings)
    for split, source in sources.items():
      folder.write_split(source, flags.output, split, toy_street.CITY)
  except KeyboardInterrupt as interrupt:
    raise exits.Stopped(
      'Stopped. The same command continues.', 130
    ) from interrupt
  print(
    f'{flags.output}: {flags.num_train} train and {flags.num_val} val scenes,'
    f' {2 * flags.height} x {flags.height} pixels.'
  )


def _parser() -> argparse.ArgumentParser:
  parser = _Parser(
    prog='python -m data_pipeline.toy_street',
    description=(
      'Renders toy streets and writes them in the folders and encodings of'
      ' Cityscapes. Existing scenes are kept, so the same command continues a'
      ' run that was stopped.'
    ),
    epilog=(
      'example: python -m data_pipeline.toy_street --output data/toy'
      ' --num_train 1000 --num_val 100 --height 128'
    ),
  )
  parser.add_argument(
    '--version', action='version', version=instgan_jax.__version__
  )
  parser.add_argument('--output', required=True, help='the folder to write to')
  parser.add_argument(
    '--num_train', type=int, required=True, help='scenes of the train split'
  )
  parser.add_argument(
    '--num_val', type=int, required=True, help='scenes of the val split'
  )
  parser.add_argument(
    '--height',
    type=int,
    required=True,
    help='rows in pixels, even; the width is twice the height',
  )
  parser.add_argument(
    '--seed', type=int, default=0, help='other seeds give other streets (0)'
  )
  return parser


if __name__ == '__main__':
  program.exit_after(lambda: main(sys.argv[1:]))
