import os

import pytest

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.answers import database
from tests.apps.human_study import studies


def test_a_transaction_is_synced_before_it_ends(tmp_path, connections):
  made = studies.make_plan(tmp_path)
  store = database.Database(tmp_path / 'study.db', made)
  settings = {
    name: connections[0].execute(f'PRAGMA {name}').fetchone()[0]
    for name in ('journal_mode', 'synchronous')
  }
  store.close()
  assert settings == {'journal_mode': 'wal', 'synchronous': 2}  # 2: FULL.
  assert os.stat(tmp_path / 'study.db').st_mode & 0o077 == 0


def test_a_database_that_cannot_be_used_is_closed_and_said(tmp_path):
  made = studies.make_plan(tmp_path / 'one')
  other = studies.make_plan(tmp_path / 'other', seed=1)
  database.Database(tmp_path / 'study.db', made).close()
  with pytest.raises(InputError, match='holds answers to another plan'):
    database.Database(tmp_path / 'study.db', other)
  (tmp_path / 'empty.db').touch()
  with pytest.raises(InputError, match=r'empty\.db: cannot be used'):
    database.Database(tmp_path / 'empty.db')
  again = database.Database(tmp_path / 'study.db')
  again.close()
  assert again.plan == made


def answer(question, choice='left'):
  return database.Answer(
    *(0, question, choice, 800, 1e9, None, 1, 0),
    *('row', 1, 1.5, '1280x720'),
  )


def test_an_answer_that_changes_on_the_disk_is_noticed(tmp_path, connections):
  made = studies.make_plan(tmp_path)
  store = database.Database(tmp_path / 'study.db', made)
  assert store.add(answer(0)) and store.add(answer(1, 'none'))
  assert [a.choice for a in store.answers()] == ['left', 'none']
  connections[0].execute('UPDATE answers SET response_ms = 801 WHERE question')
  with pytest.raises(InputError, match='participant 0 to question 1 is not'):
    store.answers()
  connections[0].execute('DELETE FROM answers WHERE question')
  with pytest.raises(InputError, match='participant 0 to question 1 is not'):
    store.answers()
  store.close()


def test_answers_of_an_older_version_are_taken_as_they_are(
  tmp_path, connections
):
  made = studies.make_plan(tmp_path)
  store = database.Database(tmp_path / 'study.db', made)
  store.add(answer(0))
  connections[0].execute('DROP TABLE checksums')
  store.close()
  older = database.Database(tmp_path / 'study.db')
  assert len(older.answers()) == 1
  older.close()
  store = database.Database(tmp_path / 'study.db', made)  # It goes on.
  store.add(answer(1))
  assert len(store.answers()) == 2
  store.close()
