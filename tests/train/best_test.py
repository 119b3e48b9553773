"""The best checkpoint stays, whatever came after it."""

import json

import jax.numpy as jnp
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager, weights_folder
from instgan_jax.train import best


@pytest.fixture
def workdir(tmp_path):
  (tmp_path / 'config.json').write_text('{"a": 1}\n')
  return tmp_path


def state(value):
  return {'w': jnp.full(3, float(value))}


def kept(workdir):
  return weights_folder.restore(workdir / 'best')['w'][0]


@pytest.mark.parametrize(
  ('metric', 'values', 'best_step'),
  [
    ('fid', {1: 50.0, 2: 40.0, 3: 45.0}, 2),
    ('miou', {1: 0.3, 2: 0.2, 3: 0.5}, 3),
    ('fsd', {1: float('nan'), 2: 9.0, 3: float('nan')}, 2),
  ],
)
def test_the_best_is_kept(workdir, metric, values, best_step):
  keeper = best.Best(workdir, metric)
  for step, value in values.items():
    keeper.offer(step, {metric: value}, state(step))
  assert kept(workdir) == best_step
  content = json.loads((workdir / 'best' / 'best.json').read_text())
  assert content == {
    'metric': metric,
    'value': values[best_step],
    'step': best_step,
  }
  assert (workdir / 'best' / 'config.json').read_text() == '{"a": 1}\n'


def test_a_continued_run_knows_what_was_best(workdir):
  best.Best(workdir, 'fid').offer(1, {'fid': 40.0}, state(1))
  later = best.Best(workdir, 'fid')
  assert later.value == 40.0
  later.offer(2, {'fid': 41.0}, state(2))
  assert kept(workdir) == 1
  later.offer(3, {'fid': 39.0}, state(3))
  assert kept(workdir) == 3
  assert manager.last_step(workdir / 'best') == 3


def test_nothing_is_kept_without_the_metric(workdir):
  best.Best(workdir, 'fid').offer(1, {'miou': 0.5}, state(1))
  assert not (workdir / 'best').exists()


def test_unknown_and_changed_metrics_are_refused(workdir):
  with pytest.raises(InputError, match="eval.best is 'loss', expected one of"):
    best.Best(workdir, 'loss')
  best.Best(workdir, 'fid').offer(1, {'fid': 40.0}, state(1))
  with pytest.raises(InputError, match="best fid, but eval.best is 'miou'"):
    best.Best(workdir, 'miou')


def test_a_file_of_an_older_program_is_continued(workdir):
  best.Best(workdir, 'fid').offer(1, {'fid': 40.0}, state(1))
  path = workdir / 'best' / 'best.json'
  path.write_text('{"figure": "fid", "value": 40.0, "step": 1}\n')
  with pytest.raises(InputError, match="best fid, but eval.best is 'miou'"):
    best.Best(workdir, 'miou')
  keeper = best.Best(workdir, 'fid')
  keeper.offer(2, {'fid': 41.0}, state(2))
  assert kept(workdir) == 1
  keeper.offer(3, {'fid': 39.0}, state(3))
  assert json.loads(path.read_text()) == {
    'metric': 'fid',
    'value': 39.0,
    'step': 3,
  }
