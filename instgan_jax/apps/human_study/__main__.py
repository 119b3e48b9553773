"""python -m instgan_jax.apps.human_study plan | serve | report."""

import sys

from instgan_jax.apps.human_study import command
from instgan_jax.cli import program

if __name__ == '__main__':
  program.exit_after(lambda: command.main(sys.argv))
