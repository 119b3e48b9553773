"""Many participants at once, and a server that is killed under them."""

import collections
import concurrent.futures

import httpx
import pytest

from tests.apps.human_study import crowd, studies

pytestmark = pytest.mark.slow


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
    (a.participant, a.question) for a in crowd.kept_answers(tmp_path)
  )
  assert given == {(p, q): 1 for p in range(200) for q in range(3)}


def test_no_acknowledged_answer_is_lost_when_the_server_is_killed(tmp_path):
  crowd.survive_kills(
    tmp_path, num_participants=8, num_questions=120, num_kills=4
  )
