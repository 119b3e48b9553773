"""Runs of `instgan_jax.main` in processes of their own, for tests."""

import json
import os
import pathlib
import subprocess
import sys
import time

import jax
import numpy as np

from instgan_jax.checkpoints import weights_folder
from tests import tiny

ROOT = pathlib.Path(__file__).parent.parent


def environment():
  """That of a user's program: compiled as well as it can be."""
  tests_own = ('XLA_FLAGS', 'JAX_DISABLE_MOST_OPTIMIZATIONS')
  return {
    **{k: v for k, v in os.environ.items() if k not in tests_own},
    'JAX_PLATFORMS': 'cpu',
    'PYTHONPATH': str(ROOT),
  }


def run(module, *arguments, cwd):
  """Runs a command as a user does; gives what it printed, stdout and stderr."""
  done = subprocess.run(
    [sys.executable, '-m', module, *map(str, arguments)],
    cwd=cwd,
    env=environment(),
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout, done.stderr


def start(cache, workdir, *flags, method='lip', environment=None, **changes):
  """Starts the tiny configuration of `method` in `workdir`.

  `cache` is a folder of compiled programs, so that only the first compiles.
  """
  return subprocess.Popen(
    [
      sys.executable,
      '-m',
      'instgan_jax.main',
      f'--config={ROOT}/configs/toy_street.py:{method}',
      f'--workdir={workdir}',
      *tiny.flags(**changes),
      *flags,
    ],
    cwd=ROOT,
    env={
      **os.environ,
      'JAX_COMPILATION_CACHE_DIR': str(cache),
      'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
      **(environment or {}),
    },
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  )


def finish(process, timeout=300):
  """(status, stdout, stderr) once the program has ended."""
  try:
    out, err = process.communicate(timeout=timeout)
  except subprocess.TimeoutExpired:
    process.kill()
    raise
  return process.returncode, out, err


def wait_for(condition, process, timeout=200):
  """Returns when `condition()` holds or the program has ended."""
  deadline = time.time() + timeout
  while time.time() < deadline:
    if condition() or process.poll() is not None:
      return
    time.sleep(0.02)
  process.kill()
  raise TimeoutError(process.communicate()[1])


def metrics(workdir):
  """The lines of metrics.jsonl that hold losses; [] before the first."""
  try:
    lines = (workdir / 'metrics.jsonl').read_text().splitlines()
  except OSError:
    return []
  return [
    entry
    for line in lines
    if line.endswith('}') and 'g_loss' in (entry := json.loads(line))
  ]


def assert_same_state(a, b):
  """The latest checkpoints of two workdirs are equal, bit for bit."""
  first, second = (weights_folder.restore(folder) for folder in (a, b))
  assert jax.tree.structure(first) == jax.tree.structure(second)
  for (path, x), y in zip(
    jax.tree_util.tree_leaves_with_path(first),
    jax.tree.leaves(second),
    strict=True,
  ):
    np.testing.assert_array_equal(x, y, err_msg=jax.tree_util.keystr(path))
