"""Profile: which steps are traced, and where to."""

import jax
import jax.numpy as jnp
import pytest

from data_pipeline.errors import InputError
from instgan_jax.train import step_profile


def test_steps_are_read():
  assert step_profile.steps('5:7') == range(5, 8)
  assert step_profile.steps('5:5') == range(5, 6)
  assert not step_profile.steps('')


@pytest.mark.parametrize('text', ['5', '7:5', '0:3', '-1:2', '1:2:3', 'a:b'])
def test_wrong_steps_are_refused(text):
  with pytest.raises(InputError, match='profile is .*expected FIRST:LAST'):
    step_profile.steps(text)


def traced(tmp_path, steps, first=1, last=6):
  """The files of a run's trace."""
  with step_profile.StepProfile(tmp_path, steps) as profile:
    for step in range(first, last + 1):
      profile.before(step)
      profile.after(step, jax.jit(jnp.sin)(1.0))
  return list((tmp_path / step_profile.FOLDER).rglob('*.xplane.pb'))


def test_one_trace_is_written(tmp_path):
  assert len(traced(tmp_path, range(2, 5))) == 1


def test_a_run_that_begins_or_ends_within_them_is_traced(tmp_path):
  assert len(traced(tmp_path / 'late', range(2, 5), first=3)) == 1
  assert len(traced(tmp_path / 'short', range(5, 9))) == 1


@pytest.mark.parametrize('steps', [range(0), range(7, 9)])
def test_without_them_nothing_is_written(steps, tmp_path):
  assert not traced(tmp_path, steps)
  assert not list(tmp_path.iterdir())
