"""Messages about single fields of a configuration."""

from collections.abc import Iterable

import ml_collections

from data_pipeline.errors import InputError


def unknown_value(key: str, value: object, known: Iterable[str]) -> InputError:
  """The error of a field that has none of the values it may have."""
  return InputError(
    f'{key} is {value!r}, expected one of {", ".join(map(repr, known))}.'
  )


def check_at_least_1(
  config: ml_collections.ConfigDict, keys: Iterable[str]
) -> None:
  """Raises InputError if one of the fields `keys` is below 1."""
  for key in keys:
    if config[key] < 1:
      raise InputError(f'{key} is {config[key]}, it must be at least 1.')
