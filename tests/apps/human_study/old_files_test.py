"""Files of version 0.1.0: a plan, its answers in a database and as CSV.

`data` holds a study of two participants, made with the commands of that
version: the first answered every question, the second the first four.
"""

import json
import pathlib
import shutil

import httpx
import pytest

from instgan_jax.apps.human_study import command
from instgan_jax.apps.human_study.answers import answer_table, database
from instgan_jax.apps.human_study.design import plan
from tests.apps.human_study import studies

DATA = pathlib.Path(__file__).parent / 'data'
SHA256 = '2bcd24fd4f52'
# Of the main questions, by participant and question; '' is a time-out.
MAIN_CHOICES = ['', 'real', 'real', 'L', 'L', 'real']


@pytest.fixture
def root(tmp_path):
  """A copy that can be written."""
  folder = tmp_path / 'old'
  shutil.copytree(DATA, folder)
  return folder


def rows_of(path):
  store = database.Database(path)
  try:
    return list(
      answer_table.rows(store.plan, store.answers(), store.participants())
    )
  finally:
    store.close()


def test_a_plan_is_read_and_written_again_byte_for_byte(root):
  read = plan.read(root / 'plan.json')
  assert read.sha256.startswith(SHA256)
  assert read.texts.title == '街路 study'
  assert [len(questions) for questions in read.participants] == [10, 10]
  assert list(read.sets[0].images) == [f'street_{i}' for i in range(6)]
  plan.write(root / 'again.json', read._replace(sha256=''))
  assert (root / 'again.json').read_bytes() == (DATA / 'plan.json').read_bytes()


def test_the_same_command_makes_the_same_plan(root):
  (root / 'consent.txt').write_text('参加は任意です。\n', encoding='utf-8')
  command.main(
    [
      *('human_study', 'plan', f'--set=real={root}/real', f'--set=L={root}/L'),
      *('--output', f'{root}/again.json', '--participants', '2'),
      *('--questions', '2', '--practice', '1', '--catch', '1'),
      *('--repeats', '1', '--max_catch_failures', '1'),
      *('--title', '街路 study', '--contact', 'lab@example.org'),
      *('--consent_ja', f'{root}/consent.txt'),
    ]
  )
  # All but the folders, which the SHA-256 covers as well.
  old, new = (plan.read(root / name) for name in ('plan.json', 'again.json'))
  assert old.participants == new.participants
  assert old[2:-1] == new[2:-1]
  assert [s.images for s in old.sets] == [s.images for s in new.sets]


def test_database_and_csv_hold_the_same_answers(root):
  rows = rows_of(root / 'study.db')
  csv = answer_table.read_csv(
    root / 'answers.csv', plan.read(DATA / 'plan.json')
  )
  assert csv == rows
  assert [row.participant for row in rows] == [1] * 10 + [2] * 4
  assert [row.chosen for row in rows if row.kind == plan.MAIN] == MAIN_CHOICES
  assert {row.plan_sha256[:12] for row in rows} == {SHA256}


def test_a_report_can_be_made(root, tmp_path):
  command.main(
    [
      *('human_study', 'report', '--database', f'{root}/study.db'),
      *('--output', f'{tmp_path}/report'),
    ]
  )
  report = json.loads((tmp_path / 'report' / 'report.json').read_text())
  assert (report['num_participants'], report['num_complete']) == (2, 1)
  assert report['modes']['unlimited']['preferences']['real']['L']['n'] == 3


def test_a_study_goes_on_where_it_was(root):
  moved = [f'--set={name}={root / name}' for name in ('real', 'L')]
  links = (root / 'study.links.csv').read_text().splitlines()[1:]
  with studies.serving(root, *moved) as server, httpx.Client() as client:
    assert [link.rpartition('/p/')[2] for link in server.links] == [
      link.rpartition('/p/')[2] for link in links
    ]
    first, second = (
      client.get(f'{link}/state').json() for link in server.links
    )
    assert (first['stage'], second['answered']) == ('done', 4)
    assert second['language'] == 'ja'
    image = client.get(f'{server.url}{second["question"]["left"]}')
    assert image.headers['content-type'] == 'image/png'
    assert studies.answer_all(client, server.links[1])['stage'] == 'done'
  assert len(rows_of(root / 'study.db')) == 20
