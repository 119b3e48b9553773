"""Participants who answer while their server is killed, again and again."""

import concurrent.futures
import random
import time

import httpx

from instgan_jax.apps.human_study.answers import database
from tests.apps.human_study import studies


def survive_kills(root, *, num_participants, num_questions, num_kills):
  """Kills the server of a new study while all its participants answer.

  Raises:
    AssertionError: if an answer that was acknowledged is lost or changed, or
      one was kept that is not one of theirs.
  """
  studies.make_plan(
    root,
    num_participants=num_participants,
    num_questions=num_questions,
    time_limits=(None,),
    num_scenes=60,
  )
  server = studies.Server(root)
  crowd = Crowd(root, num_participants)
  crowd.url = server.url
  people = crowd.start()
  num_answers = num_participants * num_questions
  dice = random.Random(5)
  try:
    for number in range(num_kills):
      # In equal parts, so that the last kill comes before the last answer.
      first, last = (
        num_answers * (number + part) // (num_kills + 1) for part in (0.5, 1)
      )
      num = dice.randint(int(first), int(last))
      studies.wait_until(lambda num=num: len(crowd.acknowledged) >= num, 120)
      before = dict(crowd.acknowledged)
      server.kill()
      kept = {(a.participant, a.question): a for a in kept_answers(root)}
      for question, choice in before.items():
        assert kept[question].choice == choice
      server = studies.Server(root, port=server.port)
    for person in people:
      person.result(timeout=120)
  finally:
    server.kill()
  kept = kept_answers(root)
  assert len(kept) == num_answers
  assert {
    (a.participant, a.question): a.choice for a in kept
  } == crowd.acknowledged


def kept_answers(root):
  store = database.Database(root / 'study.db')
  try:
    return store.answers()
  finally:
    store.close()


class Crowd:
  """Participants who answer whatever the server says, again and again."""

  def __init__(self, root, num_participants):
    self.root = root
    self.url = None
    self.acknowledged = {}
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
