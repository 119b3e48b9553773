r"""List training runs: method, steps, checkpoints, last metrics, size on disk.

Example:

  python -m instgan_jax.runs runs

It lists every workdir of instgan_jax.main in the folder and below it. Exit
status: 0 when it is done, 2 if there is none.
"""

import argparse
from collections.abc import Sequence

import instgan_jax
from instgan_jax.cli import program


def main(argv: Sequence[str]) -> None:
  """Reads the arguments and prints the list."""
  parser = program.Parser(
    'python -m instgan_jax.runs',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument(
    'folder', nargs='?', default='runs', help='of workdirs (default: runs)'
  )
  parser.add_argument(
    '--version', action='version', version=instgan_jax.__version__
  )
  arguments = parser.parse_args(argv[1:])

  from instgan_jax.commands import runs

  print(runs.table(arguments.folder))


command = program.VerbCommand(main)

if __name__ == '__main__':
  command.run()
