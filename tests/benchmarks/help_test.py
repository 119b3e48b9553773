"""Every benchmark can be started and explains itself."""

import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
NAMES = sorted(
  '.'.join(path.relative_to(ROOT / 'benchmarks').with_suffix('').parts)
  for path in (ROOT / 'benchmarks').rglob('*.py')
  if '__main__' in path.read_text()
)


@pytest.mark.slow
@pytest.mark.parametrize('name', NAMES)
def test_help_names_the_module(name):
  done = subprocess.run(
    [sys.executable, '-m', f'benchmarks.{name}', '--help'],
    cwd=ROOT,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  assert f'benchmarks.{name.removesuffix(".__main__")}' in done.stdout
