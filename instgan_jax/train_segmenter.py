r"""Train a segmenter on real images, for mIoU.

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

from instgan_jax.cli import program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  flags.DEFINE_string(
    'workdir',
    None,
    'Folder of checkpoints, curves and the final weights.',
    flag_values=values,
  )


def main(values: flags.FlagValues) -> None:
  """Checks the flags, joins the other processes and trains."""
  program.require(values, 'config', 'workdir')

  from instgan_jax.commands import train_segmenter, workdir
  from instgan_jax.runtime import processes

  processes.join()
  folder = pathlib.Path(values.workdir)
  with workdir.locked(folder):
    train_segmenter.run(values.config, folder)


command = program.Command(
  __doc__,
  define_flags,
  main,
  config='The configuration, one of configs/*_segmenter.py.',
)

if __name__ == '__main__':
  command.run()
