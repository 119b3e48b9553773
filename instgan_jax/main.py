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
from ml_collections import config_flags

from data_pipeline.errors import InputError
from instgan_jax.cli import program
from instgan_jax.commands import train
from instgan_jax.runtime import processes

_CONFIG = config_flags.DEFINE_config_file(
  'config', None, 'The configuration, one of configs/*.py.'
)
_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Folder of checkpoints, curves and pictures.'
)
_COORDINATOR = flags.DEFINE_string(
  'coordinator_address', None, 'HOST:PORT of process 0, for several processes.'
)
_NUM_PROCESSES = flags.DEFINE_integer(
  'num_processes', None, 'How many processes make the run.'
)
_PROCESS_ID = flags.DEFINE_integer(
  'process_id', None, 'Which of them this is, from 0.'
)


def main(_) -> None:
  """Checks the flags, joins the other processes and trains."""
  if _CONFIG.value is None or _WORKDIR.value is None:
    raise InputError(
      'Both --config and --workdir are needed, for example --config '
      'configs/toy_street.py --workdir runs/toy_street.'
    )
  processes.join(
    coordinator_address=_COORDINATOR.value,
    num_processes=_NUM_PROCESSES.value,
    process_id=_PROCESS_ID.value,
  )
  train.run(_CONFIG.value, pathlib.Path(_WORKDIR.value))


if __name__ == '__main__':
  program.run(main)
