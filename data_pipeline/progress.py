"""Progress of long work: a bar in a terminal, now and then a line in a log."""

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
  import tqdm

_SECONDS_BETWEEN_UPDATES = 1.0
_SECONDS_BETWEEN_LINES = 30.0
_COMPILING = 'compiling'
_is_quiet = False


def set_quiet(is_quiet: bool) -> None:
  """Whether this process shows no progress."""
  global _is_quiet
  _is_quiet = is_quiet


def bar(iterable=None, **options) -> 'tqdm.tqdm':
  """A tqdm bar with these options, as the output has it.

  Without a terminal it writes a line at the start and the end, and one every 30
  seconds.
  """
  import tqdm  # Not for commands that only print their help.

  is_log = not sys.stderr.isatty()
  seconds = _SECONDS_BETWEEN_LINES if is_log else _SECONDS_BETWEEN_UPDATES
  options['disable'] = options.get('disable', False) or _is_quiet
  return tqdm.tqdm(
    iterable,
    file=_Lines() if is_log else sys.stderr,
    mininterval=seconds,
    maxinterval=10 * seconds,
    **options,
  )


def compiling_bar(*, total: int, initial: int = 0, **options) -> 'tqdm.tqdm':
  """A bar that says "compiling" until `end_compiling`, for the first piece."""
  postfix = _COMPILING if initial < total else ''
  return bar(total=total, initial=initial, postfix=postfix, **options)


def end_compiling(compiling: 'tqdm.tqdm') -> None:
  """The first piece of work is done: it is no part of the rate."""
  if getattr(compiling, 'postfix', '') == _COMPILING:
    compiling.unpause()
    compiling.set_postfix_str('', refresh=False)


class _Lines:
  """Standard error, where what a bar overwrites becomes a line of its own."""

  def write(self, text: str) -> None:
    """Writes what is to be seen of an update."""
    if line := text.replace('\x1b[A', '').strip():
      print(line, file=sys.stderr)

  def flush(self) -> None:
    """Flushes."""
    sys.stderr.flush()
