"""python -m instgan_jax.apps.human_study plan | serve | report."""

from instgan_jax import program
from instgan_jax.apps.human_study import command

if __name__ == '__main__':
  program.run(command.main, reads_argv=True)
