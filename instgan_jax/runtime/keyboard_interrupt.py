"""Ctrl-C where a KeyboardInterrupt would get lost.

Modules that are being imported swallow it or make another error of it, and
Python itself ignores it in a destructor.
"""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator

MESSAGE = 'Stopped at once, without saving.'
_IMPORTING = '<frozen importlib._bootstrap>'
_SECONDS_TO_END = 5.0


@contextlib.contextmanager
def guarded() -> Iterator[None]:
  """Lets Ctrl-C end the process at once; where it gets lost, in seconds."""
  if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
    yield  # It is ignored, or somebody else's.
    return
  signal.signal(signal.SIGINT, _stop)
  report = sys.unraisablehook

  def end_if_ignored(unraisable) -> None:
    if unraisable.exc_type is KeyboardInterrupt:  # In a destructor.
      _end()
    report(unraisable)

  sys.unraisablehook = end_if_ignored
  try:
    yield
  finally:
    sys.unraisablehook = report
    if signal.getsignal(signal.SIGINT) is _stop:
      signal.signal(signal.SIGINT, signal.default_int_handler)


def _stop(number, frame) -> None:
  inner = frame
  while inner is not None:
    if inner.f_code.co_filename == _IMPORTING:
      _end()
    inner = inner.f_back
  timer = threading.Timer(_SECONDS_TO_END, _end)
  timer.daemon = True  # It ends with a process that ends by itself.
  timer.start()
  signal.default_int_handler(number, frame)


def _end() -> None:
  os.write(2, f'{MESSAGE}\n'.encode())
  os._exit(128 + signal.SIGINT)
