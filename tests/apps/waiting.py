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


def until_served(process):
  """What a server says up to the line after which it answers."""
  said = ''
  while 'Ctrl-C stops' not in said:
    line = process.stdout.readline()
    if not line:
      raise RuntimeError(process.communicate()[1])
    said += line
  return said
