"""The flag --config."""

import sys
from collections.abc import Sequence

from absl import flags
from ml_collections import config_flags

_NAME = 'config'


def define(
  values: flags.FlagValues, argv: Sequence[str], description: str = ''
) -> None:
  """Defines it, with a flag for each field that `argv` names.

  Args:
    values: get the flags.
    argv: program name and arguments.
    description: for --help.
  """
  # ml_collections runs every file in one module: a file without get_config
  # would have that of the file before.
  sys.modules.pop(f'{_NAME}_config', None)
  config_flags.DEFINE_config_file(
    _NAME, None, description, flag_values=values, sys_argv=list(argv)
  )
