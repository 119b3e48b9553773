r"""Prepare Cityscapes with instance maps for TFDS.

Example:

  python -m data_pipeline.cityscapes --data_dir data/tfds \
    --manual_dir downloads/cityscapes --config 256x512

Exit status: 0 when it is done, 2 for wrong input.
"""

import os

from absl import flags

from data_pipeline import atomic_file
from data_pipeline.cityscapes import archives, prepared_sizes
from data_pipeline.errors import InputError
from instgan_jax.cli import program


def define_flags(values: flags.FlagValues) -> None:
  """Defines the flags."""
  string, choice = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_enum
  )
  string('data_dir', None, 'The folder for data sets of TFDS.')
  string(
    'manual_dir',
    None,
    f'The folder of {" and ".join(archives.NAMES.values())}.',
  )
  choice(
    'config',
    '256x512',
    list(prepared_sizes.SIZES),
    'Height x width, or full for the official files.',
  )


def main(values: flags.FlagValues) -> None:
  """Prepares the data set that the flags ask for, unless it exists."""
  program.require(values, 'data_dir', 'manual_dir')

  try:
    from data_pipeline.cityscapes import tfds_builder
  except ImportError as error:
    raise InputError(
      f'TFDS needs TensorFlow ({error}): install it with '
      "pip install 'instgan_jax[data]'."
    ) from error

  data_dir = os.path.expanduser(values.data_dir)
  atomic_file.check_writable(os.path.join(data_dir, 'cityscapes_instances'))
  tfds_builder.prepare(
    data_dir=data_dir,
    manual_dir=os.path.expanduser(values.manual_dir),
    config=values.config,
  )


command = program.Command(__doc__, define_flags, main)

if __name__ == '__main__':
  command.run()
