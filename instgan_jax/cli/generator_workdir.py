"""--workdir of commands that use a generator: without it, the one that ships.

An empty --workdir, as of a variable that is not set, is refused.
"""

import sys

from absl import flags

from instgan_jax.cli import program

DESCRIPTION = (
  'A training workdir, an export, or imported GauGAN weights; default: the '
  'generator that ships with the package.'
)


def given_or_shipped(values: flags.FlagValues) -> str:
  """The folder of the generator; on stderr which one, if it was not chosen.

  Raises:
    InputError: if --workdir is empty.
  """
  if values.workdir is None:
    return shipped()
  program.require(values, 'workdir')
  return values.workdir


def shipped() -> str:
  """The folder of the generator that ships; says so on stderr."""
  from instgan_jax.inference import shipped_generator  # It imports JAX.

  print(f'No workdir: {shipped_generator.describe()}', file=sys.stderr)
  return shipped_generator.FOLDER
