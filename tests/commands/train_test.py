"""What a run refuses before it begins."""

import collections

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager
from instgan_jax.commands import train
from instgan_jax.inference import sampler
from instgan_jax.train import loop
from instgan_jax.train import state as state_lib
from tests import tiny, tiny_segmenter

Usage = collections.namedtuple('Usage', 'total used free')


def test_a_disk_without_room_for_two_checkpoints_is_refused(
  tmp_path, monkeypatch
):
  state = {'w': jax.ShapeDtypeStruct((2**20, 10), np.float32)}  # 40 MiB.
  for free, fits in ((143, False), (145, True)):  # 2 * 40 + 64 MiB.
    usage = Usage(0, 0, free * 2**20)
    monkeypatch.setattr(train.shutil, 'disk_usage', lambda _, u=usage: u)
    if fits:
      train.check_space(tmp_path, state)
    else:
      with pytest.raises(InputError, match='need 144 MiB, 143 MiB are free'):
        train.check_space(tmp_path, state)


@pytest.fixture
def given(tmp_path, monkeypatch):
  """What the loop is given, which does not run."""
  given = {}

  def train(**parts):
    given.update(parts)
    (tmp_path / 'samples').mkdir()
    (tmp_path / 'samples' / '0.png').touch()
    return None, {}

  monkeypatch.setattr(loop, 'train', train)
  return given


def test_measures_in_the_run_keep_the_best_checkpoint(
  tmp_path, monkeypatch, given
):
  monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path / 'cache'))
  config = tiny.config(
    num_measured_scenes=0,
    eval__metrics='miou,micv',
    eval__every_steps=3,
    eval__num_scenes=2,
    eval__best='miou',
    eval__segmenter=tiny_segmenter.save(tmp_path / 'segmenter'),
  )
  train.run(config, tmp_path)
  (evaluator,) = given['evaluators']
  assert evaluator.every_steps == 3
  state = given['initialize']()
  figures = evaluator.run(state_lib.generator_variables(state))
  assert 0 <= figures['miou'] <= 1
  assert figures['micv_car'] > 0 and figures['draw_distance_outside'] >= 0
  evaluator.on_figures(3, figures, state)
  assert manager.last_step(tmp_path / 'best') == 3
  found = sampler.Sampler.from_folder(str(tmp_path / 'best'))
  assert found.step == 3 and found.uses_ema


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'eval__every_steps': 0}, 'eval.every_steps is 0'),
    ({'eval__best': 'fid'}, "'micv' do not measure"),
    ({'eval__metrics': 'fid'}, 'fid needs the weights of Inception'),
    ({'eval__metrics': 'mic'}, "'mic' is no metric"),
  ],
)
def test_measures_that_cannot_be_made(tmp_path, given, changes, message):
  config = tiny.config(**({'eval__metrics': 'micv'} | changes))
  with pytest.raises(InputError, match=message):
    train.run(config, tmp_path)
  assert not given


def test_measuring_no_scene_leaves_no_evaluator(tmp_path, given):
  train.run(tiny.config(num_measured_scenes=0), tmp_path)
  assert given['evaluators'] == ()
  assert given['samples'].num_draws == 2


@pytest.mark.parametrize('scenes', [(), (0, 4), (-1,)])
def test_sample_scenes_must_exist(scenes):
  with pytest.raises(InputError, match='expected some of 0 to 3'):
    train._check_sample_scenes(scenes, 4)
