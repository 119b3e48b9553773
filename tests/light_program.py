"""Runs of a command where the slow libraries cannot be imported."""

import subprocess
import sys

_PROGRAM = """
import runpy
import sys

for name in ('PIL', 'jax', 'tensorflow', 'tensorflow_datasets', 'tqdm'):
  sys.modules[name] = None
runpy.run_module(sys.argv.pop(1), run_name='__main__')
"""


def run(module, *flags):
  """Runs `python -m MODULE FLAGS`; gives the finished process."""
  return subprocess.run(
    [sys.executable, '-c', _PROGRAM, module, *flags],
    timeout=60,
    check=False,
    capture_output=True,
    text=True,
  )
