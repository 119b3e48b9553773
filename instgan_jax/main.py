r"""Train, or continue, from a configuration.

Examples:

  python -m instgan_jax.main --config configs/toy_street.py \
    --workdir runs/toy_street
  python -m instgan_jax.main --config configs/toy_street.py:li \
    --workdir runs/toy_li --config.num_steps=1000
  python -m instgan_jax.main --config configs/cityscapes_lip.py \
    --workdir runs/lip --config.data.path=/data/cityscapes

The same command continues a run that was stopped. Exit status: 0 when the run
is complete, 2 for wrong input, 1 for a failure, 128 + the signal when it was
stopped.
"""

import pathlib

from absl import flags

from instgan_jax.cli import program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, integer = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer
  )
  string('workdir', None, 'Folder of checkpoints, curves and sample grids.')
  string(
    'coordinator_address',
    None,
    'HOST:PORT of process 0, for several processes.',
  )
  integer('num_processes', None, 'How many processes make the run.')
  integer('process_id', None, 'Which of them this is, from 0.')


def main(values: flags.FlagValues) -> None:
  """Checks the flags, joins the other processes and trains."""
  program.require(values, 'config', 'workdir')

  from instgan_jax.commands import train, workdir
  from instgan_jax.runtime import processes, xla_flags

  if train.is_small(values.config):
    xla_flags.run_operations_at_once()
  processes.join(
    coordinator_address=values.coordinator_address,
    num_processes=values.num_processes,
    process_id=values.process_id,
  )
  folder = pathlib.Path(values.workdir)
  with workdir.locked(folder):
    train.run(values.config, folder)


command = program.Command(
  __doc__,
  define_flags,
  main,
  config='The configuration, one of configs/*.py.',
)

if __name__ == '__main__':
  command.run()
