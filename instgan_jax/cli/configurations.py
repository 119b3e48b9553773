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


def with_config(argv: Sequence[str], flag: str) -> list[str]:
  """A command line with the `--config` of its first row, if it has none.

  Fields of it become flags, `--config.KEY=VALUE`.

  Args:
    argv: program name and arguments.
    flag: that rows are given to.

  Raises:
    InputError: for a first row of another form, see `rows`.
  """
  program, *words = argv
  if not _values(words, 'config'):
    for row in _values(words, flag)[:1]:
      words.insert(0, f'--config={_parse(row, flag)[1]}')
  return [program, *words]


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
    name, config, changes = _parse(word, flag)
    if name in configs:
      raise InputError(f'--{flag} has the name {name} twice.')
    given = [f'--config.{key}={value}' for key, value in common.items()]
    given += [f'--config.{change}' for change in changes]
    configs[name] = read(config, given)
  return configs


def _parse(word: str, flag: str) -> tuple[str, str, list[str]]:
  """A row's name, configuration and changes; raises InputError."""
  name, equals, rest = word.partition('=')
  config, *changes = rest.split() or ['']
  if not (name and equals and config and all('=' in x for x in changes)):
    raise InputError(
      f"--{flag} has {word!r}, expected NAME=CONFIG or 'NAME=CONFIG "
      "KEY=VALUE ...'."
    )
  return name, config, changes


def _values(words: Sequence[str], flag: str) -> list[str]:
  """What a flag is given, as --FLAG=VALUE or --FLAG VALUE."""
  return [
    value if equals else following
    for word, following in zip(words, [*words[1:], ''], strict=True)
    for name, equals, value in [word.partition('=')]
    if name in (f'--{flag}', f'-{flag}')
  ]
