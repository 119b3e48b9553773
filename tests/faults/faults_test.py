"""A shrunk form of `make faults`: every bad input, a few flips and kills."""

import functools
import random

import pytest

from instgan_jax.inference import sampler
from tests import programs
from tests.faults import bad_inputs, flips, jobs, kills, material

pytestmark = pytest.mark.user


@pytest.fixture(scope='module')
def root(tmp_path_factory):
  root = tmp_path_factory.mktemp('material')
  material.make(root)
  return root


@pytest.fixture(scope='module', autouse=True)
def one_sampler():
  """Reads each generator once."""
  with pytest.MonkeyPatch.context() as monkeypatch:
    cached = functools.lru_cache(2)(sampler.Sampler.from_folder)
    monkeypatch.setattr(sampler.Sampler, 'from_folder', cached)
    monkeypatch.chdir(programs.ROOT)
    yield


def test_there_are_200_bad_inputs_of_all_commands():
  assert len(set(bad_inputs.CASES)) >= 200
  assert {case.command for case in bad_inputs.CASES} == bad_inputs.BASES.keys()


@pytest.mark.filterwarnings('ignore')  # Of coroutines that Orbax leaves.
@pytest.mark.parametrize(
  'case', bad_inputs.CASES, ids=lambda case: f'{case.command} {case.words}'
)
def test_a_bad_input_is_refused_in_words(case, root, tmp_path):
  outcome = bad_inputs.outcome(case, root, tmp_path / 'out')
  assert outcome.kind == 'refused', outcome.message


@pytest.mark.filterwarnings('ignore')
@pytest.mark.parametrize('kind', flips.KINDS)
def test_a_flipped_bit_changes_nothing_silently(kind, root):
  dice = random.Random(kind)
  for outcome in flips.outcomes(flips.KINDS[kind], root, dice, 3):
    assert outcome.kind in ('same', 'refused'), outcome.message


def test_a_bit_that_nobody_checks_would_be_noticed(root, tmp_path):
  """The outcome itself: a text that is read as it is."""
  kind = flips.Kind('text.txt', lambda root: (root / 'text.txt').read_text())
  text = (root / 'text.txt').read_text()
  (outcome,) = flips.outcomes(kind, root, random.Random(0), 1)
  assert outcome.kind == 'silent'
  assert (root / 'text.txt').read_text() == text


@pytest.mark.parametrize('name', ['toy_street', 'generate'])
def test_a_job_that_is_killed_ends_in_the_same_bytes(name, root, tmp_path):
  tally = kills.kill(jobs.JOBS[name], root, tmp_path, 3, random.Random(name))
  assert tally.problems == () and tally.num_kills == 3 and tally.num_ends
