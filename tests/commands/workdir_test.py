"""A workdir can be written and has room, or is refused."""

import collections
import os
import shutil
import signal
import subprocess
import sys

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.commands import workdir
from tests import programs

Usage = collections.namedtuple('Usage', 'total used free')


def test_a_disk_without_room_for_two_checkpoints_is_refused(
  tmp_path, monkeypatch
):
  state = {'w': jax.ShapeDtypeStruct((2**20, 10), np.float32)}  # 40 MiB.
  for free, fits in ((143, False), (145, True)):  # 2 * 40 + 64 MiB.
    usage = Usage(0, 0, free * 2**20)
    monkeypatch.setattr(shutil, 'disk_usage', lambda _, u=usage: u)
    if fits:
      workdir.check_space(tmp_path, state)
    else:
      with pytest.raises(InputError, match='144.0 MiB are needed, 143'):
        workdir.check_space(tmp_path, state)


def test_a_workdir_is_made_and_left_empty(tmp_path):
  workdir.make(tmp_path / 'a' / 'b')
  assert not list((tmp_path / 'a' / 'b').iterdir())


def test_a_file_is_no_workdir(tmp_path):
  (tmp_path / 'file').touch()
  with pytest.raises(InputError, match='file cannot be written: File exists'):
    workdir.make(tmp_path / 'file')


def test_a_second_run_in_a_workdir_is_refused_until_the_first_ends(tmp_path):
  with workdir.locked(tmp_path / 'run'):
    with pytest.raises(InputError, match='Another run is training in .*/run'):
      with workdir.locked(tmp_path / 'run'):
        pass
    with workdir.locked(tmp_path / 'other'):
      pass
  with workdir.locked(tmp_path / 'run'):
    pass


def test_a_lock_ends_with_its_process(tmp_path):
  code = (
    'import os, pathlib, signal\n'
    'from instgan_jax.commands import workdir\n'
    'with workdir.locked(pathlib.Path("run")):\n'
    '  os.kill(os.getpid(), signal.SIGKILL)\n'
  )
  environment = {**os.environ, 'PYTHONPATH': str(programs.ROOT)}
  done = subprocess.run(
    [sys.executable, '-c', code], cwd=tmp_path, env=environment, check=False
  )
  assert done.returncode == -signal.SIGKILL
  assert (tmp_path / 'run' / '.lock').exists()
  with workdir.locked(tmp_path / 'run'):
    pass
