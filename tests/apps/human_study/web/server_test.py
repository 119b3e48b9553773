"""The web application without a browser: what it takes, keeps and hides."""

import csv
import io
import json
import sqlite3

import pytest
from PIL import Image

from instgan_jax.apps.human_study.answers import answer_table, database
from instgan_jax.apps.human_study.design import plan
from instgan_jax.apps.human_study.web import keys, server
from tests.apps import client
from tests.apps.human_study import studies


class Study:
  """A study with its application in this process."""

  def __init__(self, root, **changes):
    self.root = root
    self.plan = studies.make_plan(root, **changes)
    self.store = database.Database(root / 'study.db', self.plan)
    self.keys = keys.Keys(self.store.secret)
    application = server.Application(self.plan, self.store)
    self.client = client.Client(application.asgi)

  def link(self, participant=0):
    return f'/p/{self.keys.link(participant)}'

  def consent(self, participant=0):
    body = {'consent': True, 'language': 'en'}
    return self.client.post(f'{self.link(participant)}/consent', json=body)

  def state(self, participant=0):
    return self.client.get(f'{self.link(participant)}/state').json()

  def answer(self, body, participant=0):
    return self.client.post(f'{self.link(participant)}/answer', json=body)

  def admin(self, path, token=None):
    token = self.keys.admin_token() if token is None else token
    return self.client.get(
      f'/admin/{path}', headers={'Authorization': f'Bearer {token}'}
    )


@pytest.fixture
def study(tmp_path):
  made = Study(tmp_path, num_catch=1, num_repeats=1)
  yield made
  made.store.close()


@pytest.fixture(scope='module')
def unanswered(tmp_path_factory):
  """A study for requests that are refused, which leave it as it is."""
  made = Study(tmp_path_factory.mktemp('unanswered'))
  made.consent()
  yield made
  made.store.close()


def test_an_answer_counts_once_and_the_first_one_stands(study):
  study.consent()
  state = study.state()
  first = study.answer(studies.answer_body(state, 'right'))
  again = study.answer(studies.answer_body(state, 'left', response_ms=99.0))
  assert (first.status_code, again.status_code) == (200, 200)
  assert first.json() == again.json()
  (kept,) = study.store.answers()
  assert (kept.choice, kept.response_ms) == ('right', 812.5)


def test_wrong_order_is_refused_and_nothing_is_kept(study):
  study.consent()
  state = study.state()
  for number in (1, 2, 15):
    body = studies.answer_body(state, question=number)
    assert study.answer(body).status_code == 409
  assert (
    study.answer(studies.answer_body(state, question=16)).status_code == 422
  )
  assert study.store.answers() == []


def test_no_answer_and_no_image_before_the_consent(study):
  link = study.link()
  body = studies.answer_body({'question': {'number': 0}})
  assert study.answer(body).status_code == 403
  address = study.keys.image(0, 0, 'left')
  assert study.client.get(f'{link}/image/{address}').status_code == 404
  refused = {'consent': False, 'language': 'en'}
  assert study.client.post(f'{link}/consent', json=refused).status_code == 422
  assert study.store.participants() == {}


def test_a_participant_cannot_answer_for_another(study):
  study.consent(0)
  study.consent(1)
  body = studies.answer_body(study.state(1), participant=1)
  assert study.answer(body, participant=0).status_code == 422
  assert study.store.answers() == []


GOOD = studies.answer_body({'question': {'number': 0}})
MALFORMED = {
  'empty': b'',
  'no_json': b'left',
  'list': b'[]',
  'nested': b'[' * 15000,
  'not_utf8': b'{"question": "\xff\xfe"}',
  'nan': json.dumps({**GOOD, 'response_ms': float('nan')}).encode(),
  'infinite': json.dumps({**GOOD, 'response_ms': float('inf')}).encode(),
  'huge_number': json.dumps({**GOOD, 'question': 0}).encode()[:-1]
  + b', "question": 1'
  + b'0' * 5000
  + b'}',
  'negative_time': json.dumps({**GOOD, 'response_ms': -1.0}).encode(),
  'text_for_number': json.dumps({**GOOD, 'question': '0'}).encode(),
  'bool_for_number': json.dumps({**GOOD, 'question': False}).encode(),
  'unknown_choice': json.dumps({**GOOD, 'choice': 'both'}).encode(),
  'unknown_field': json.dumps({**GOOD, 'set': 'real'}).encode(),
  'missing_field': json.dumps({'question': 0, 'choice': 'left'}).encode(),
  'script': json.dumps({**GOOD, 'viewport': '<script>1x1</script>'}).encode(),
}


@pytest.mark.parametrize('name', MALFORMED)
def test_malformed_bodies_are_refused_without_a_trace(unanswered, name):
  response = unanswered.client.post(
    f'{unanswered.link()}/answer',
    content=MALFORMED[name],
    headers={'Content-Type': 'application/json'},
  )
  assert response.status_code in (400, 422), response.text
  assert len(response.text) < 100 and 'Traceback' not in response.text
  assert '<script>' not in response.text
  assert unanswered.store.answers() == []


def test_bodies_that_are_too_long_are_refused(unanswered):

  async def endless():
    for _ in range(100):
      yield b' ' * 1000

  for content in (b'{' + b' ' * 20000 + b'}', endless()):
    response = unanswered.client.post(
      f'{unanswered.link()}/answer', content=content
    )
    assert response.status_code == 413


def test_the_plan_decides_which_answers_are_possible(study):
  study.consent()
  state = study.state()  # Participant 1 begins with the limit of 5 s.
  late = studies.answer_body(state, response_ms=5400.0)
  assert study.answer(late).status_code == 422
  early = studies.answer_body(state, 'none', response_ms=0.0)
  assert study.answer(early).status_code == 422
  time_out = studies.answer_body(state, 'none', response_ms=5000.0)
  assert study.answer(time_out).status_code == 200
  study.consent(1)  # Participant 2 begins without a limit.
  time_out = studies.answer_body(study.state(1), 'none')
  assert study.answer(time_out, participant=1).status_code == 422


IMAGE_HEADERS = {
  'content-length',
  'content-type',
  *('cache-control', 'content-security-policy', 'referrer-policy'),
  *('x-content-type-options', 'x-robots-tag'),
}
FORGED = (
  '/p/x',
  '/p/%00',
  '/p/../admin/progress',
  '/p/%2e%2e/%2e%2e/etc/passwd',
  '/static/../server.py',
  '/static/..%2fserver.py',
  '/static/%2e%2e%2f%2e%2e%2fplan.json',
  '/static/participant.html',
  '/static/',
  '/docs',
  '/openapi.json',
  '/study.db',
)


@pytest.mark.parametrize('path', FORGED)
def test_forged_paths_find_nothing(unanswered, path):
  response = unanswered.client.get(path)
  assert response.status_code in (401, 404), path
  assert 'root:' not in response.text and 'import' not in response.text


def test_forged_links_and_images_find_nothing(study):
  study.consent(0)
  study.consent(1)
  link, state = study.link(), study.state()
  address = state['question']['left'].rpartition('/')[2]
  others = study.state(1)['question']['left'].rpartition('/')[2]
  after_next = study.keys.image(0, 2, 'left')
  guesses = (
    address[:-1] + ('A' if address[-1] != 'A' else 'B'),
    others,
    after_next,
    '..%2f..%2freal%2fstreet_000.png',
    '%C3%A9%FF',
    '0',
  )
  for guess in guesses:
    response = study.client.get(f'{link}/image/{guess}')
    assert response.status_code == 404, guess
  forged = link[:-1] + ('A' if link[-1] != 'A' else 'B')
  for path in ('', '/state', f'/image/{address}'):
    assert study.client.get(forged + path).status_code == 404
  assert study.client.get(f'{link}/image/{address}').status_code == 200


def test_images_and_pages_tell_nothing(study):
  """Neither set, scene, kind nor file; all images of one length."""
  study.consent()
  lengths, state = set(), study.state()
  while state['stage'] == 'questions':
    told = {**state, 'language': '', 'total': 0}
    for addresses in (told['question'], told.get('next', {})):
      for side in ('left', 'right'):
        told_address = addresses.pop(side, '')
        assert 'street' not in told_address
        response = study.client.get(told_address) if told_address else None
        if response is not None:
          lengths.add(len(response.content))
          assert set(response.headers) == IMAGE_HEADERS
          image = Image.open(io.BytesIO(response.content))
          assert image.info == {}
    text = json.dumps(told)
    for name in (*studies.NAMES, 'street', 'catch', 'repeat', 'broken', 'main'):
      assert f'"{name}' not in text, text
    state = study.answer(studies.answer_body(state)).json()
  assert len(lengths) == 1


def test_images_are_those_of_the_plan_pixel_for_pixel(study):
  study.consent()
  state = study.state()
  folders = {entry.name: entry for entry in study.plan.sets}
  for question in study.plan.participants[0]:
    for side, name in (('left', question.left), ('right', question.right)):
      data = study.client.get(state['question'][side]).content
      shown = Image.open(io.BytesIO(data)).convert('RGB')
      is_whole = name != plan.BROKEN
      entry = folders[name if is_whole else 'real']
      path = f'{entry.folder}/{entry.images[question.scene].file}'
      with Image.open(path) as planned:
        same = planned.convert('RGB').tobytes() == shown.tobytes()
      assert same is is_whole
    state = study.answer(studies.answer_body(state)).json()
  assert state['stage'] == 'done'


def test_a_image_that_changed_is_not_shown(study):
  study.consent()
  for path in study.root.glob('*/street_*.png'):
    Image.new('RGB', (48, 24)).save(path)
  response = study.client.get(study.state()['question']['left'])
  assert response.status_code == 503
  assert 'street' not in response.text


def test_the_admin_page_needs_its_token(study):
  for token in ('', 'x', study.keys.admin_token()[:-1], study.keys.link(0)):
    for path in ('progress', 'answers.csv'):
      response = study.admin(path, token)
      assert response.status_code == 401
      assert '/p/' not in response.text
  for path in ('progress', 'answers.csv'):
    assert study.client.get(f'/admin/{path}').status_code == 401
    token = study.keys.admin_token()
    query = study.client.get(f'/admin/{path}?token={token}')
    assert query.status_code == 401
  odd = {'Authorization': b'Bearer \xe9\xff'}
  assert study.client.get('/admin/progress', headers=odd).status_code == 401
  assert study.admin('progress').json()['participants'][1]['answered'] == 0


def test_the_csv_reads_back_as_the_rows_of_the_database(study, tmp_path):
  agent = {'User-Agent': '=cmd|" /C calc"!A0'}
  study.client.post(
    f'{study.link()}/consent',
    json={'consent': True, 'language': 'ja'},
    headers=agent,
  )
  state = study.state()
  for choice in ('left', 'none', 'right'):
    body = studies.answer_body(state, choice, response_ms=4900.125)
    state = study.answer(body).json()
  text = study.admin('answers.csv').text
  (tmp_path / 'answers.csv').write_text(text)
  rows = list(
    answer_table.rows(
      study.plan, study.store.answers(), study.store.participants()
    )
  )
  read = answer_table.read_csv(tmp_path / 'answers.csv', study.plan)
  # A spreadsheet would run the agent's name: it got an apostrophe.
  assert [r._replace(user_agent=agent['User-Agent']) for r in read] == rows
  cells = [cell for line in csv.reader(text.splitlines()) for cell in line]
  assert not [cell for cell in cells if cell.startswith('=')]
  assert [row.chosen for row in rows] == [rows[0].left, '', rows[2].right]


def fill(connection):
  """Leaves no page of the database free, as a full disk does."""
  (pages,) = connection.execute('PRAGMA page_count').fetchone()
  connection.execute(f'PRAGMA max_page_count = {pages}')
  values = ", 'left', 1.0, 1.0, 1.0, 1, 0, 'row', 1.0, 1.0, '1x1')"
  with pytest.raises(sqlite3.OperationalError, match='full'):
    for number in range(10_000):
      connection.execute(f'INSERT INTO answers VALUES (999, {number}{values}')


def test_a_full_disk_is_said_and_nothing_is_acknowledged(
  connections, study, caplog
):
  study.consent()
  body = studies.answer_body(study.state())
  (connection,) = connections
  fill(connection)
  response = study.answer(body)
  assert response.status_code == 503
  assert response.json() == {'error': 'not saved'}
  assert 'could not be saved' in caplog.text and 'full' in caplog.text
  assert study.store.num_answers(0) == 0
  connection.execute('PRAGMA max_page_count = 100000')
  assert study.answer(body).status_code == 200
  assert study.store.num_answers(0) == 1


def test_showings_are_counted_for_the_question_that_is_due_only(study):
  study.consent()
  shown = f'{study.link()}/shown'
  for question in (0, 0, 1):
    response = study.client.post(shown, json={'question': question})
    assert response.status_code == 204
  state = study.answer(studies.answer_body(study.state())).json()
  study.answer(studies.answer_body(state))
  first, second = study.store.answers()
  assert (first.showings, second.showings) == (2, 0)
  assert 0 <= first.server_ms < 10_000
  assert second.server_ms is None
