"""Configurations by their names, outside of `--config`."""

from collections.abc import Mapping, Sequence
from typing import Any

import ml_collections
from absl import flags

from data_pipeline.errors import InputError
from instgan_jax.cli import command_line, config_flag, shipped_configs


def read(name: str, changes: Sequence[str] = ()) -> ml_collections.ConfigDict:
  """A configuration by its path or shipped name.

  Args:
    name: as of `--config` in every command.
    changes: `--config.KEY=VALUE`.

  Raises:
    InputError: if there is no such file or field.
  """
  values = flags.FlagValues()
  argv = shipped_configs.resolve(['', f'--config={name}', *changes])
  config_flag.define(values, argv)
  command_line.parse(values, argv)
  return values.config


def rows(
  words: Sequence[str], flag: str, common: Mapping[str, Any]
) -> dict[str, ml_collections.ConfigDict]:
  """['strong=toy_street_strong ema_decay=0.9'] -> {'strong': configuration}.

  Args:
    words: a name, a configuration, and fields that differ from it.
    flag: that they were given to.
    common: values by field that all have; fields of `words` come after them.

  Raises:
    InputError: for words of another form, a name that is there twice, or as
      `read`.
  """
  configs: dict[str, ml_collections.ConfigDict] = {}
  for word in words:
    name, equals, rest = word.partition('=')
    config, *changes = rest.split() or ['']
    if not (name and equals and config and all('=' in x for x in changes)):
      raise InputError(
        f"--{flag} has {word!r}, expected NAME=CONFIG or 'NAME=CONFIG "
        "KEY=VALUE ...'."
      )
    if name in configs:
      raise InputError(f'--{flag} has the name {name} twice.')
    given = [f'--config.{key}={value}' for key, value in common.items()]
    given += [f'--config.{change}' for change in changes]
    configs[name] = read(config, given)
  return configs
