"""Small studies for tests: noise images, plans, servers."""

import contextlib
import pathlib
import random
import re
import subprocess
import sys

import httpx
from PIL import Image

from instgan_jax.apps.human_study.design import image_sets, plan, planning
from tests.apps import waiting
from tests.apps.waiting import wait_until

__all__ = ('wait_until',)  # What each test of a running study needs.

ROOT = pathlib.Path(__file__).parents[3]
NAMES = ('real', 'L', 'L+I')
RULES = plan.Rules(200.0, 0.25, 0.5, True)
TEXTS = plan.Texts('', '', {}, {})


def write_sets(root, *, num_scenes, names=NAMES, size=(48, 24)):
  """Folders of noise; returns the arguments of --set."""
  dice = random.Random(0)
  for name in names:
    (root / name).mkdir(parents=True, exist_ok=True)
    for i in range(num_scenes):
      noise = Image.frombytes('RGB', (6, 3), dice.randbytes(54))
      file = root / name / f'street_{i:03d}.png'
      noise.resize(size, Image.Resampling.NEAREST).save(file)
  return [f'{name}={root / name}' for name in names]


def request(**changes):
  """A request of one participant and two modes, with changes."""
  fields = {
    'num_participants': 2,
    'num_questions': 6,
    'time_limits': (5.0, None),
    'num_practice': 0,
    'num_catch': 0,
    'num_repeats': 0,
    'real_set': 'real',
    'seed': 0,
    'break_every': 50,
  }
  return planning.Request(**{**fields, **changes})


def make_plan(
  root, *, num_scenes=12, size=(48, 24), rules=RULES, texts=TEXTS, **changes
):
  """Writes images and plan.json below a folder; returns the plan."""
  sets = image_sets.read(write_sets(root, num_scenes=num_scenes, size=size))
  made = planning.make(sets, request(**changes), rules, texts)
  return plan.write(root / 'plan.json', made)


def command(*words):
  """Runs the command to its end; (status, stdout, stderr)."""
  done = subprocess.run(
    [sys.executable, '-m', 'instgan_jax.apps.human_study', *map(str, words)],
    cwd=ROOT,
    capture_output=True,
    text=True,
    timeout=60,
    check=False,
  )
  return done.returncode, done.stdout, done.stderr


class Server:
  """A server of a study in a process of its own.

  Attributes:
    process: the process.
    url: such as http://127.0.0.1:40001.
    links: the participants' links.
    admin: address of the admin page, with its token.
  """

  def __init__(self, root, *words, port=0):
    self.process = subprocess.Popen(
      [
        *(sys.executable, '-m', 'instgan_jax.apps.human_study', 'serve'),
        *('--plan', root / 'plan.json', '--database', root / 'study.db'),
        *('--port', str(port), *words),
      ],
      cwd=ROOT,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )
    said = waiting.until_served(self.process)
    self.admin = re.search(r'Admin page: (\S+)', said).group(1)
    self.url = self.admin.rpartition('/')[0]
    rows = (root / 'study.links.csv').read_text().splitlines()[1:]
    self.links = [row.partition(',')[2] for row in rows]

  @property
  def port(self):
    return int(self.url.rpartition(':')[2])

  def kill(self):
    self.process.kill()
    self.process.communicate()


@contextlib.contextmanager
def serving(root, *words):
  """A server that ends with the block."""
  server = Server(root, *words)
  try:
    yield server
  finally:
    server.kill()


def answer_body(state, choice='left', **changes):
  """What the page sends for the question that is due."""
  return {
    'question': state['question']['number'],
    'choice': choice,
    'response_ms': 812.5,
    'hidden': False,
    'layout': 'row',
    'scale': 1.0,
    'pixel_ratio': 1.0,
    'viewport': '1280x720',
    **changes,
  }


def answer_all(client: httpx.Client, link, choose=lambda state: 'left'):
  """Consents and answers every question of a participant, without a browser."""
  consent = {'consent': True, 'language': 'en'}
  state = client.post(f'{link}/consent', json=consent).json()
  while state['stage'] == 'questions':
    body = answer_body(state, choose(state))
    response = client.post(f'{link}/answer', json=body)
    assert response.status_code == 200, response.text
    state = response.json()
  return state
