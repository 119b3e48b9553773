"""Every way in which a program ends: one message and one exit status."""

import errno
import subprocess
import sys

import pytest

from tests import programs

PROGRAM = """
from data_pipeline.errors import InputError
from instgan_jax import exits, program
def main(_):
  {statement}
program.run(main)
"""


def run(statement):
  done = subprocess.run(
    [sys.executable, '-c', PROGRAM.format(statement=statement)],
    cwd=programs.ROOT,
    capture_output=True,
    text=True,
  )
  return done.returncode, done.stderr.strip().splitlines()


@pytest.mark.parametrize(
  ('statement', 'status', 'message'),
  [
    ('pass', 0, None),
    ("raise InputError('a.png is wrong.')", 2, 'Error: a.png is wrong.'),
    ("raise exits.Failure('It broke.')", 1, 'Error: It broke.'),
    ("raise exits.Stopped('Stopped.', 143)", 143, 'Stopped.'),
    ('raise KeyboardInterrupt', 130, 'Stopped at once, without saving.'),
    (
      f"raise OSError({errno.ENOSPC}, 'full', 'a')",
      2,
      'Error: no space left for a. Free some and give the same command again: '
      'it continues.',
    ),
    (
      f"raise OSError({errno.EROFS}, 'Read-only', 'a')",
      2,
      'Error: a: Read-only. Expected a place that can be read or written: '
      'change its permissions or choose another one.',
    ),
    (
      "open('instgan_jax')",
      2,
      'Error: instgan_jax: Is a directory. Expected a place that can be read '
      'or written: change its permissions or choose another one.',
    ),
  ],
)
def test_an_end_has_one_message(statement, status, message):
  code, lines = run(statement)
  assert code == status
  if message is None:
    assert lines == []
  else:
    assert len(lines) == 1 and lines[0].startswith(message)


def test_a_failure_of_the_program_keeps_its_traceback():
  code, lines = run("open('nowhere/at/all')")
  assert code == 1 and any('Traceback' in line for line in lines)
