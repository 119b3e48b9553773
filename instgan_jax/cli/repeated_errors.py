"""Silences what Orbax logs of an error that it raises as well.

Over a damaged checkpoint each array has a traceback of its own.
"""

import logging


def silence() -> None:
  """For the rest of the process; other errors stay as they are."""
  for name in ('absl', 'asyncio'):
    logging.getLogger(name).addFilter(_is_new)


def _is_new(record: logging.LogRecord) -> bool:
  is_of_orbax = '/orbax/' in record.pathname and record.levelno >= logging.ERROR
  message = record.getMessage()
  return not is_of_orbax and not message.startswith('Task exception was never')
