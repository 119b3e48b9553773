r"""The paper's experiment in one command: its Table 1 and figure 7.

Examples:

  python -m instgan_jax.train_segmenter --config configs/toy_segmenter.py \
    --workdir runs/toy_segmenter
  python -m instgan_jax.reproduce --config configs/toy_street.py \
    --workdir runs/reproduce --seeds 3 --segmenter runs/toy_segmenter
  python -m instgan_jax.reproduce --config configs/cityscapes_lip.py \
    --workdir runs/paper --seeds 3 --config.data.path=/data/cityscapes \
    --inception weights/inception --segmenter weights/pspnet

trains L, L+I and L+I+P with every seed, evaluates each, and writes table1.md,
table1.json and figure7.png. The same command continues what was stopped. Exit
status as of instgan_jax.main.
"""

import pathlib

from absl import flags
from ml_collections import config_flags

from data_pipeline.errors import InputError
from instgan_jax.cli import evaluation_flags, program
from instgan_jax.commands import reproduce

_CONFIG = config_flags.DEFINE_config_file(
  'config', None, 'The configuration of any of the three methods.'
)
_WORKDIR = flags.DEFINE_string('workdir', None, 'Folder of the experiment.')
_SEEDS = flags.DEFINE_integer('seeds', 1, 'Runs of each method.')
_options = evaluation_flags.define()
flags.adopt_module_key_flags(evaluation_flags)


def main(_) -> None:
  """Checks the flags, runs what is missing and writes the table."""
  if _CONFIG.value is None or _WORKDIR.value is None:
    raise InputError(
      'Both --config and --workdir are needed, for example --config '
      'configs/toy_street.py --workdir runs/reproduce.'
    )
  print(
    reproduce.reproduce(
      _CONFIG.value,
      pathlib.Path(_WORKDIR.value),
      num_seeds=_SEEDS.value,
      options=_options(),
    )
  )


if __name__ == '__main__':
  program.run(main)
