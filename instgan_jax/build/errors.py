"""Messages about single fields of a configuration."""

from collections.abc import Iterable

from data_pipeline.errors import InputError


def unknown_value(key: str, value: object, known: Iterable[str]) -> InputError:
  """The error of a field that has none of the values it may have."""
  return InputError(
    f'{key} is {value!r}, expected one of {", ".join(map(repr, known))}.'
  )
