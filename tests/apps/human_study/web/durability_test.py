"""Many participants at once, and a server that is killed under them."""

import collections
import concurrent.futures
import random
import threading
import time

import httpx
import pytest

from instgan_jax.apps.human_study.answers import database
from tests.apps.human_study import studies

pytestmark = pytest.mark.slow


def kept_answers(root):
  store = database.Database(root / 'study.db')
  try:
    return store.answers()
  finally:
    store.close()


def test_200_participants_answer_at_once(tmp_path):
  studies.make_plan(
    tmp_path, num_participants=200, num_questions=3, time_limits=(None,)
  )
  with (
    studies.serving(tmp_path) as server,
    httpx.Client(limits=httpx.Limits(max_connections=50), timeout=60) as client,
  ):
    with concurrent.futures.ThreadPoolExecutor(50) as people:
      states = list(
        people.map(lambda link: studies.answer_all(client, link), server.links)
      )
  assert all(state['stage'] == 'done' for state in states)
  given = collections.Counter(
    (a.participant, a.question) for a in kept_answers(tmp_path)
  )
  assert given == {(p, q): 1 for p in range(200) for q in range(3)}


class Crowd:
  """Participants who answer whatever the server says, again and again."""

  def __init__(self, root, num_participants):
    self.root = root
    self.url = None
    self.acknowledged = {}
    self.done = threading.Event()
    self._pool = concurrent.futures.ThreadPoolExecutor(num_participants)
    rows = (root / 'study.links.csv').read_text().splitlines()[1:]
    self._paths = ['/p/' + row.rpartition('/p/')[2] for row in rows]

  def start(self):
    return [
      self._pool.submit(self._participate, number, path)
      for number, path in enumerate(self._paths)
    ]

  def _participate(self, number, path):
    dice = random.Random(number)
    with httpx.Client(timeout=10) as client:
      state = self._insist(
        lambda: client.post(
          f'{self.url}{path}/consent', json={'consent': True, 'language': 'en'}
        )
      )
      while state['stage'] == 'questions':
        question = state['question']['number']
        choice = dice.choice(['left', 'right'])
        body = studies.answer_body(state, choice)
        state = self._insist(
          lambda body=body: client.post(f'{self.url}{path}/answer', json=body)
        )
        self.acknowledged[number, question] = choice

  def _insist(self, send):
    """The state, however often the server has to be asked."""
    while True:
      try:
        response = send()
      except httpx.TransportError:
        time.sleep(0.05)
        continue
      assert response.status_code == 200, response.text
      return response.json()


def test_no_acknowledged_answer_is_lost_when_the_server_is_killed(tmp_path):
  studies.make_plan(
    tmp_path,
    num_participants=8,
    num_questions=120,
    time_limits=(None,),
    num_scenes=60,
  )
  server = studies.Server(tmp_path)
  crowd = Crowd(tmp_path, 8)
  crowd.url = server.url
  people = crowd.start()
  dice = random.Random(5)
  try:
    for _ in range(4):
      num = len(crowd.acknowledged) + dice.randint(20, 80)
      studies.wait_until(lambda num=num: len(crowd.acknowledged) >= num)
      before = dict(crowd.acknowledged)
      server.kill()
      kept = {(a.participant, a.question): a for a in kept_answers(tmp_path)}
      for question, choice in before.items():
        assert kept[question].choice == choice
      server = studies.Server(tmp_path, port=server.port)
    concurrent.futures.wait(people, timeout=60)
    assert [person.result(timeout=0) for person in people] == [None] * 8
  finally:
    server.kill()
  kept = kept_answers(tmp_path)
  assert len(kept) == 8 * 120
  assert {
    (a.participant, a.question): a.choice for a in kept
  } == crowd.acknowledged
