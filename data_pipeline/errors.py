"""Errors that a user can fix."""

from collections.abc import Sequence

_NUM_SHOWN = 5


class InputError(ValueError):
  """Input from outside (a file, a folder, a flag) that cannot be used.

  The message names the file or key, says what was got and what was expected,
  and ends with what to do. Programs print it alone, without a traceback, and
  exit with status 2.
  """


def summarize(items: Sequence[str], separator: str = ', ') -> str:
  """The first five of a list, and how many more there are, for a message."""
  more = len(items) - _NUM_SHOWN
  shown = separator.join(items[:_NUM_SHOWN])
  return f'{shown}{separator}and {more} more' if more > 0 else shown
