r"""Train a segmenter on real images, to measure mIoU with.

Examples:

  python -m instgan_jax.train_segmenter --config configs/toy_segmenter.py \
    --workdir runs/toy_segmenter
  python -m instgan_jax.train_segmenter \
    --config configs/cityscapes_segmenter.py --workdir runs/segmenter \
    --config.data.path=/data/cityscapes

The same command continues a run that was stopped. Its workdir is what
instgan_jax.evaluate takes as --segmenter. Exit status as of instgan_jax.main.
"""

import pathlib

from absl import flags
from ml_collections import config_flags

from data_pipeline.errors import InputError
from instgan_jax.cli import program
from instgan_jax.commands import train_segmenter
from instgan_jax.runtime import processes

_CONFIG = config_flags.DEFINE_config_file(
  'config', None, 'The configuration, one of configs/*_segmenter.py.'
)
_WORKDIR = flags.DEFINE_string(
  'workdir', None, 'Folder of checkpoints, curves and the final weights.'
)


def main(_) -> None:
  """Checks the flags, joins the other processes and trains."""
  if _CONFIG.value is None or _WORKDIR.value is None:
    raise InputError(
      'Both --config and --workdir are needed, for example --config '
      'configs/toy_segmenter.py --workdir runs/toy_segmenter.'
    )
  processes.join()
  train_segmenter.run(_CONFIG.value, pathlib.Path(_WORKDIR.value))


if __name__ == '__main__':
  program.run(main)
