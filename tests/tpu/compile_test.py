"""The train step compiles for TPUs, by their compiler, without one."""

import importlib.util
import subprocess
import sys

import pytest

from tests import programs, tiny

pytestmark = [
  pytest.mark.tpu,
  pytest.mark.skipif(
    importlib.util.find_spec('libtpu') is None,
    reason='libtpu is not installed: tests/requirements-tpu.txt',
  ),
]


# Each of them aborted the compiler, at the gradient of SPADE's ReLU.
@pytest.mark.parametrize('method', ['l', 'lip'])
def test_the_step_of_a_narrow_network_compiles(method):
  done = subprocess.run(
    [
      *(sys.executable, '-m', 'tests.tpu.compile_step', 'v5e:2x2'),
      f'toy_street:{method}',
      *tiny.flags(),
      '--config.batch_size=2',
    ],
    cwd=programs.ROOT,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr[-2000:]
  assert done.stdout.startswith('compiled: ')
