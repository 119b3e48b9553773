"""Waiting for what another program does."""

import time


def wait_until(condition, seconds=20):
  """Returns the first true value of `condition()`."""
  deadline = time.monotonic() + seconds
  while time.monotonic() < deadline:
    value = condition()
    if value:
      return value
    time.sleep(0.02)
  raise TimeoutError(f'{condition} stayed false for {seconds} s.')
