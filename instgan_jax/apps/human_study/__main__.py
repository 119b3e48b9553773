"""python -m instgan_jax.apps.human_study plan | serve | report."""

from instgan_jax.apps.human_study import command as command_lib
from instgan_jax.cli import program

command = program.VerbCommand(command_lib.main)

if __name__ == '__main__':
  command.run()
