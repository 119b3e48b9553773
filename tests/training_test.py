"""What a run refuses before it begins."""

import collections

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax import training
from instgan_jax.train import loop
from tests import tiny

Usage = collections.namedtuple('Usage', 'total used free')


def test_a_disk_without_room_for_two_checkpoints_is_refused(
  tmp_path, monkeypatch
):
  state = {'w': jax.ShapeDtypeStruct((2**20, 10), np.float32)}  # 40 MiB.
  for free, fits in ((143, False), (145, True)):  # 2 * 40 + 64 MiB.
    usage = Usage(0, 0, free * 2**20)
    monkeypatch.setattr(training.shutil, 'disk_usage', lambda _, u=usage: u)
    if fits:
      training.check_space(tmp_path, state)
    else:
      with pytest.raises(InputError, match='need 144 MiB, 143 MiB are free'):
        training.check_space(tmp_path, state)


def test_measuring_no_scene_leaves_no_evaluator(tmp_path, monkeypatch):
  given = {}

  def train(**parts):
    given.update(parts)
    (tmp_path / 'samples').mkdir()
    (tmp_path / 'samples' / '0.png').touch()
    return None, {}

  monkeypatch.setattr(loop, 'train', train)
  training.run(tiny.config(num_measured_scenes=0), tmp_path)
  assert given['evaluators'] == ()
  assert given['samples'].num_draws == 2


@pytest.mark.parametrize('scenes', [(), (0, 4), (-1,)])
def test_sample_scenes_must_exist(scenes):
  with pytest.raises(InputError, match='expected some of 0 to 3'):
    training._check_sample_scenes(scenes, 4)
