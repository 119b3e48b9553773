"""SIGTERM and Ctrl-C: finish what is begun, save, say so, leave.

One process decides for itself. Several processes must stop at the same step:
there SIGTERM belongs to JAX's preemption service, which agrees on one, and
Ctrl-C is passed on to it.
"""

import os
import signal
from typing import Any

import jax
from jax.experimental import multihost_utils

from instgan_jax.runtime import exits


class Interruption:
  """Context manager: `requested(step)` says whether to stop after `step`.

  A second Ctrl-C ends the program at once, as Ctrl-C usually does.

  Attributes:
    signal_name: the signal that came, or None.
  """

  def __init__(self, doing: str = 'saving after this step'):
    """Says `doing` when the signal comes."""
    self.signal_name: str | None = None
    self._doing = doing
    self._previous: dict[int, Any] = {}

  def __enter__(self):
    handlers = {signal.SIGINT: self._on_signal}
    if jax.process_count() == 1:
      handlers[signal.SIGTERM] = self._on_signal
    for number, handler in handlers.items():
      self._previous[number] = signal.signal(number, handler)
    return self

  def __exit__(self, *_):
    for number, handler in self._previous.items():
      signal.signal(number, handler)

  @property
  def exit_status(self) -> int:
    """128 + the number of the signal that came, as shells count it."""
    assert self.signal_name is not None, 'No signal came.'
    return 128 + signal.Signals[self.signal_name]

  def requested(self, step: int) -> bool:
    """Whether to stop after `step`; the same answer on every process."""
    if jax.process_count() == 1:
      return self.signal_name is not None
    if multihost_utils.reached_preemption_sync_point(step):
      self.signal_name = self.signal_name or 'SIGTERM'
      return True
    return False

  def leave_if_requested(self, saved: str) -> None:
    """Ends a program that has no steps, if a signal came.

    Args:
      saved: what is on disk, the middle of the message.

    Raises:
      exits.Stopped: if a signal came.
    """
    if self.requested(0):
      raise exits.Stopped(
        f'Stopped by {self.signal_name}: {saved}. The same command continues.',
        self.exit_status,
      )

  def _on_signal(self, number, _):
    self.signal_name = signal.Signals(number).name
    os.write(2, f'\n{self.signal_name}: {self._doing}.\n'.encode())
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if jax.process_count() > 1:
      os.kill(os.getpid(), signal.SIGTERM)
