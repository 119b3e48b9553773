"""The command: three verbs from folders to a report, and wrong input."""

import errno
import os
import pathlib
import re
import shlex
import signal
import socket
import subprocess
import sys
import tomllib

import httpx
import pytest
from PIL import Image

import instgan_jax
from data_pipeline.errors import InputError
from instgan_jax.apps.human_study import command
from instgan_jax.apps.human_study.answers import database
from instgan_jax.apps.web import extra
from instgan_jax.cli import program
from tests.apps.human_study import studies

pytestmark = pytest.mark.slow


# The command, with every verb's modules imported, where JAX is missing.
WITHOUT_JAX = """
import sys

for name in ('jax', 'flax', 'tensorflow', 'clu', 'optax', 'orbax'):
  sys.modules[name] = None

from instgan_jax.apps.human_study import __main__, command
from instgan_jax.apps.human_study.analysis import report
from instgan_jax.apps.human_study.design import plan_command, power
from instgan_jax.apps.human_study.web import serve

command.main(sys.argv)
"""


def sets(root, **arguments):
  return [f'--set={a}' for a in studies.write_sets(root, **arguments)]


def run(*words):
  """Runs the command in this process."""
  command.main(['human_study', *map(str, words)])


def test_three_commands_from_images_to_a_report_without_jax(tmp_path):
  status, out, err = studies.command(
    *('plan', *sets(tmp_path, num_scenes=12)),
    *('--output', tmp_path / 'plan.json', '--participants', 2),
    *('--questions', 6, '--catch', 1, '--repeats', 2, '--power', 0.6),
  )
  assert status == 0, err
  assert '199 answers = 100 participants of 6 questions' in out
  assert '12 questions, 6 for practice, 2 catch, 4 repeated' in out
  assert 'each set is on the left as often as on the right' in out
  with studies.serving(tmp_path) as server, httpx.Client() as client:
    links = (tmp_path / 'study.links.csv').read_bytes()
    with pytest.raises(InputError, match='study.db: another server has these'):
      run(
        *('serve', '--plan', tmp_path / 'plan.json', '--port', 0),
        *('--database', tmp_path / 'study.db'),
      )
    assert (tmp_path / 'study.links.csv').read_bytes() == links
    for link in server.links:
      studies.answer_all(client, link)
    server.process.send_signal(signal.SIGTERM)
    _, err = server.process.communicate(timeout=20)
    assert server.process.returncode == 128 + signal.SIGTERM
    assert (
      err == 'Stopped. Every answer is saved; the same command continues.\n'
    )
  done = subprocess.run(
    [
      *(sys.executable, '-c', WITHOUT_JAX, 'report'),
      *('--database', tmp_path / 'study.db', '--output', tmp_path / 'report'),
    ],
    cwd=studies.ROOT,
    capture_output=True,
    text=True,
    timeout=60,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  assert done.stdout == f'Open {tmp_path}/report/report.md\n'
  assert '2 of 2 planned' in (tmp_path / 'report' / 'report.md').read_text()


def test_a_port_in_use_and_a_changed_image_are_one_message(tmp_path, capsys):
  studies.make_plan(tmp_path)
  with socket.create_server(('127.0.0.1', 0)) as taken:
    port = taken.getsockname()[1]
    serve = (
      *('serve', '--plan', tmp_path / 'plan.json'),
      *('--database', tmp_path / 'study.db', '--port', port),
    )
    with pytest.raises(SystemExit) as ended:
      program.exit_after(lambda: run(*serve))
  assert ended.value.code == 2
  err = capsys.readouterr().err
  assert err.splitlines()[-1].startswith(f'Error: Port {port} on 127.0.0.1 is')
  assert 'Traceback' not in err
  Image.new('RGB', (48, 24)).save(tmp_path / 'L' / 'street_003.png')
  with pytest.raises(
    InputError, match=r'L/street_003\.png: was changed after planning'
  ):
    run(*serve)


def test_images_that_moved_are_found_with_set(tmp_path):
  studies.make_plan(tmp_path)
  (tmp_path / 'real').rename(tmp_path / 'elsewhere')
  words = ('serve', '--plan', tmp_path / 'plan.json', '--port', 99999)
  words = (*words, '--database', tmp_path / 'study.db')
  with pytest.raises(InputError, match='with serve --set NAME=FOLDER'):
    run(*words)
  # Every image is there: the next error is that of the impossible port.
  with pytest.raises(InputError, match=r'listen on 127\.0\.0\.1, port 99999'):
    run(*words, f'--set=real={tmp_path / "elsewhere"}')
  with pytest.raises(InputError, match='the plan has no such set'):
    run(*words, f'--set=photo={tmp_path / "elsewhere"}')


def test_a_database_of_another_plan_is_refused(tmp_path):
  first, second = tmp_path / 'first', tmp_path / 'second'
  made = studies.make_plan(first)
  studies.make_plan(second, seed=1)
  database.Database(first / 'study.db', made).close()
  words = ('serve', '--plan', second / 'plan.json', '--port', 0, '--database')
  with pytest.raises(InputError, match='holds answers to another plan'):
    run(*words, first / 'study.db')
  (tmp_path / 'text.db').write_text('no database' * 100)
  with pytest.raises(InputError, match=r'text\.db: cannot be used as database'):
    run(*words, tmp_path / 'text.db')
  with pytest.raises(InputError, match='/nowhere/study.db: cannot be used'):
    run(*words, '/nowhere/study.db')


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    ([], 'plan | serve | report'),
    (['generate'], 'invalid choice'),
    (['plan', '--participant', '3'], 'unrecognized arguments'),
    (['plan'], '--output is needed'),
    (['plan', '--output', '{root}/p.json'], 'at least two sets, got 0'),
    (['plan', '--output', '{root}/p.json', '--time_limit', 'long'], "'long'"),
    (
      ['serve', '--plan', '{root}/no.json', '--database', 'd'],
      'cannot be read',
    ),
    (['report', '--output', '{root}/r'], 'either --database'),
    (['report', '--database', '{root}/no', '--output', 'r'], 'no such file'),
  ],
)
def test_wrong_input_is_one_message(tmp_path, words, message):
  words = [word.format(root=tmp_path) for word in words]
  with pytest.raises(InputError) as caught:
    run(*words)
  assert message in str(caught.value)
  assert len(str(caught.value).splitlines()) == 1


def test_a_missing_extra_is_one_line_with_the_fix(monkeypatch):
  monkeypatch.setattr(extra.importlib.util, 'find_spec', lambda name: None)
  with pytest.raises(InputError, match=r"pip install '\.\[study\]'"):
    run('report', '--output', 'x')


def test_a_full_disk_while_planning_leaves_nothing(tmp_path, monkeypatch):
  def full(self, text, **_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self))

  monkeypatch.setattr(pathlib.Path, 'write_text', full)
  with pytest.raises(InputError, match=r'plan\.json: .*No space left'):
    studies.make_plan(tmp_path)
  assert {p.name for p in tmp_path.iterdir()} == set(studies.NAMES)


def test_pages_are_shipped_with_the_package():
  project = tomllib.loads((studies.ROOT / 'pyproject.toml').read_text())
  data = project['tool']['setuptools']['package-data']
  assert data['instgan_jax.apps.human_study.web'] == ['pages/*']


def test_help_shows_every_verb(capsys):
  for verb in ('plan', 'serve', 'report'):
    with pytest.raises(SystemExit) as ended:
      run(verb, '--help')
    assert ended.value.code == 0
    assert 'examples:' in capsys.readouterr().out


def test_the_commands_and_flags_of_the_documentation_exist(capsys):
  text = (studies.ROOT / 'docs' / 'study.md').read_text()
  commands = re.findall(
    r'^python -m instgan_jax\.apps\.human_study (.*)$',
    text.replace('\\\n', ' '),
    re.MULTILINE,
  )
  verbs = [command.parser().parse_args(shlex.split(c)).run for c in commands]
  assert len(set(verbs)) == 3
  for verb in ('plan', 'serve', 'report'):
    with pytest.raises(SystemExit):
      run(verb, '--help')
  known = capsys.readouterr().out
  for flag in set(re.findall(r'`(--\w+)', text)):
    assert flag in known


def test_version_is_printed(capsys):
  with pytest.raises(SystemExit) as ended:
    run('--version')
  assert ended.value.code == 0
  assert capsys.readouterr().out == f'{instgan_jax.__version__}\n'
