"""A lock keeps a second process out, or waiting, and ends with the first."""

import concurrent.futures
import subprocess
import sys

import pytest

from data_pipeline import file_lock
from data_pipeline.errors import InputError

HOLDER = """
import pathlib, sys
from data_pipeline import file_lock
with file_lock.while_making(pathlib.Path(sys.argv[1])):
  print('held', flush=True)
  sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
  """Another process that makes tmp_path/out."""
  process = subprocess.Popen(
    [sys.executable, '-c', HOLDER, str(tmp_path / 'out')],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    text=True,
  )
  assert process.stdout.readline() == 'held\n'
  yield process
  process.kill()
  process.communicate()


def test_a_second_process_is_refused_until_the_first_is_done(tmp_path, holder):
  with pytest.raises(InputError, match='Another program is writing .*out'):
    with file_lock.while_making(tmp_path / 'out'):
      pass
  holder.communicate('')
  with file_lock.while_making(tmp_path / 'out'):
    assert (tmp_path / 'out.lock').exists()
  assert not list(tmp_path.iterdir())


def test_a_kill_frees_the_lock(tmp_path, holder):
  holder.kill()
  holder.wait()
  with file_lock.while_making(tmp_path / 'out'):
    pass
  assert not list(tmp_path.iterdir())


def test_the_content_of_a_locked_file_stays(tmp_path):
  (tmp_path / 'file').write_text('content')
  with file_lock.held(tmp_path / 'file', 'refused'):
    with pytest.raises(InputError, match='refused'):
      with file_lock.held(tmp_path / 'file', 'refused'):
        pass
  assert (tmp_path / 'file').read_text() == 'content'


def test_without_a_refusal_a_second_process_waits(tmp_path, holder):
  def wait():
    with file_lock.held(tmp_path / 'out.lock', None):
      return True

  with concurrent.futures.ThreadPoolExecutor() as threads:
    waiting = threads.submit(wait)
    assert not concurrent.futures.wait([waiting], timeout=0.3).done
    holder.communicate('')
    assert waiting.result(timeout=60)
