"""Dataclasses of options as flags, and as groups of a configuration.

The fields' metadata have a 'description'; their types are str, int, bool,
tuple[str, ...] (written a,b) and tuple[int, int] | None (HEIGHTxWIDTH).
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from absl import flags

from instgan_jax.cli import image_size, program

Options = TypeVar('Options')
_NAMES = tuple[str, ...]
_SIZE = tuple[int, int] | None


def define_flags(values: flags.FlagValues, cls: type) -> None:
  """Defines a flag for each field of the dataclass `cls`."""
  for field in dataclasses.fields(cls):
    default: Any = field.default
    description = field.metadata['description']
    if field.type is int:
      flags.DEFINE_integer(field.name, default, description, flag_values=values)
    elif field.type is bool:
      flags.DEFINE_bool(field.name, default, description, flag_values=values)
    elif field.type == _NAMES:
      program.define_list(
        field.name, list(default), description, flag_values=values
      )
    else:
      flags.DEFINE_string(
        field.name, default or '', description, flag_values=values
      )


def from_flags(
  values: flags.FlagValues, cls: Callable[..., Options]
) -> Options:
  """The options that the flags of `define_flags` give.

  Raises:
    InputError: for a size that is no HEIGHTxWIDTH.
  """
  return cls(
    **{
      field.name: _parsed(field, values[field.name].value)
      for field in _fields(cls)
    }
  )


def from_config(
  group: Mapping[str, Any], cls: Callable[..., Options]
) -> Options:
  """The options that a group of a configuration sets; defaults elsewhere.

  Raises:
    InputError: for a size that is no HEIGHTxWIDTH.
  """
  return cls(
    **{
      field.name: _parsed(field, group[field.name])
      for field in _fields(cls)
      if field.name in group
    }
  )


def _fields(cls: Any) -> tuple[dataclasses.Field, ...]:
  return dataclasses.fields(cls)


def _parsed(field: dataclasses.Field, value: Any) -> Any:
  if field.type == _NAMES:
    words = value.split(',') if isinstance(value, str) else value
    return tuple(word.strip() for word in words if word.strip())
  if field.type == _SIZE:
    return image_size.parse(value, field.name)
  return value
