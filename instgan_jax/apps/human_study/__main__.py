"""python -m instgan_jax.apps.human_study plan | serve | report."""

from instgan_jax.apps.human_study import command
from instgan_jax.cli import program

if __name__ == '__main__':
  program.run(command.main, reads_argv=True)
