"""The peak is that of the work, not of what was there or was compiled."""

import subprocess
import sys

from tests import programs

# In a process of its own: others would give memory back in the middle.
PROGRAM = """
from benchmarks import peak_memory

MIB = 2**20
kept = [bytearray(b'x' * 300 * MIB)]  # Of the process, before.
num_calls = 0

def work():
  global num_calls
  num_calls += 1
  # The first call stands for the compilation.
  bytearray(b'x' * ((500 if num_calls == 1 else 100) * MIB))

print(peak_memory.of(lambda: work))
assert num_calls == 2 and kept
"""


def test_what_the_work_takes_and_gives_back():
  done = subprocess.run(
    [sys.executable, '-c', PROGRAM],
    cwd=programs.ROOT,
    capture_output=True,
    text=True,
    check=True,
  )
  # The bytes and their copy.
  assert 0.19 < float(done.stdout) < 0.25
