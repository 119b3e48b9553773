"""Ctrl-C ends the process, also where KeyboardInterrupt is swallowed."""

import signal
import subprocess
import sys

import pytest

from instgan_jax.runtime import keyboard_interrupt

PROGRAM = """
import os, signal, sys
from instgan_jax.runtime import keyboard_interrupt
# A shell lets programs in its background ignore the signal.
signal.signal(signal.SIGINT, signal.default_int_handler)
with keyboard_interrupt.guarded():
  try:
    {body}
  except BaseException as error:  # As extension modules do.
    print('swallowed', type(error).__name__, flush=True)
"""
INTERRUPT = 'os.kill(os.getpid(), signal.SIGINT)'


def run(body, tmp_path):
  (tmp_path / 'slow.py').write_text(f'import os, signal\n{INTERRUPT}\n')
  return subprocess.run(
    [sys.executable, '-c', PROGRAM.format(body=body)],
    env={'PYTHONPATH': f'{tmp_path}:.'},
    capture_output=True,
    text=True,
    check=False,
  )


def test_in_an_import_the_process_ends(tmp_path):
  done = run('import slow', tmp_path)
  assert done.returncode == 128 + signal.SIGINT
  assert (done.stdout, done.stderr) == ('', f'{keyboard_interrupt.MESSAGE}\n')


def test_in_a_destructor_the_process_ends(tmp_path):
  done = run(f"type('A', (), {{'__del__': lambda _: {INTERRUPT}}})()", tmp_path)
  assert done.returncode == 128 + signal.SIGINT
  assert (done.stdout, done.stderr) == ('', f'{keyboard_interrupt.MESSAGE}\n')


def test_elsewhere_it_is_a_keyboard_interrupt(tmp_path):
  done = run(INTERRUPT, tmp_path)
  assert (done.returncode, done.stdout) == (0, 'swallowed KeyboardInterrupt\n')


def test_where_it_is_swallowed_the_process_ends_in_seconds(tmp_path):
  swallowed = 'swallowed KeyboardInterrupt\n'
  body = f'{INTERRUPT}'
  waiting = '\nimport time\ntime.sleep(60)\n'
  done = subprocess.run(
    [sys.executable, '-c', PROGRAM.format(body=body) + waiting],
    capture_output=True,
    text=True,
    timeout=30,
    check=False,
  )
  assert done.returncode == 128 + signal.SIGINT
  assert done.stdout == swallowed
  assert done.stderr == f'{keyboard_interrupt.MESSAGE}\n'


@pytest.mark.parametrize('before', [signal.SIG_IGN, lambda *_: None])
def test_another_handler_stays(before):
  old = signal.signal(signal.SIGINT, before)
  try:
    with keyboard_interrupt.guarded():
      assert signal.getsignal(signal.SIGINT) is before
    assert signal.getsignal(signal.SIGINT) is before
  finally:
    signal.signal(signal.SIGINT, old)
