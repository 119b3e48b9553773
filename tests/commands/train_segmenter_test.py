"""A segmenter's run: stopped, continued, complete, refused."""

import json
import shutil

import numpy as np
import pytest

from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.build import data
from instgan_jax.checkpoints import weights_folder
from instgan_jax.commands import train_segmenter
from instgan_jax.evaluation import segmenter
from instgan_jax.pretrained import load
from instgan_jax.runtime import exits, interruption
from instgan_jax.train import loop
from tests import programs, tiny

pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def finished(tmp_path_factory):
  workdir = tmp_path_factory.mktemp('run')
  train_segmenter.run(tiny.segmenter_config(), workdir)
  return workdir


def test_the_weights_are_what_an_evaluation_takes(finished):
  network = segmenter.load(str(finished))
  assert network.protocol.size == (32, 64)
  assert not load.pspnet(str(finished)).module.use_auxiliary
  scene = data.source(tiny.segmenter_config(), 'val').read(0)
  found = network.label_maps(scene.image[None], (32, 64))
  assert found.shape == (1, 32, 64)
  names = {labels.TABLE.labels[i].name for i in np.unique(found)}
  assert names <= {label.name for label in labels.TABLE.labels if label.id >= 7}
  lines = (finished / 'metrics.jsonl').read_text().splitlines()
  metrics = json.loads(lines[-1])
  assert metrics['step'] == 6 and 0 < metrics['miou'] < 1
  metadata = weights_folder.metadata(str(finished))
  assert metadata['metrics_on_real_val']['miou'] == metrics['miou']


def test_a_stopped_run_continues_to_the_same_weights(
  finished, tmp_path, monkeypatch
):
  def requested(self, step):
    self.signal_name = 'SIGTERM'
    return step == 3

  with monkeypatch.context() as patch:
    patch.setattr(interruption.Interruption, 'requested', requested)
    with pytest.raises(exits.Stopped, match='SIGTERM after step 3'):
      train_segmenter.run(tiny.segmenter_config(), tmp_path)
  assert not (tmp_path / weights_folder.TRAINED_FOLDER).exists()
  train_segmenter.run(tiny.segmenter_config(), tmp_path)
  programs.assert_same_state(finished, tmp_path)
  assert load.pspnet(str(tmp_path)).sha256 == load.pspnet(str(finished)).sha256


def test_a_complete_run_is_left_as_it_is(finished, capsys, monkeypatch):
  monkeypatch.setattr(loop, 'train', None)
  train_segmenter.run(tiny.segmenter_config(), finished)
  said = capsys.readouterr().out
  assert 'is complete' in said and f'--segmenter {finished}' in said


def test_weights_lost_before_they_were_complete_are_written_again(
  finished, tmp_path
):
  workdir = tmp_path / 'copy'
  shutil.copytree(finished, workdir)
  shutil.rmtree(workdir / weights_folder.TRAINED_FOLDER)
  (workdir / f'{weights_folder.TRAINED_FOLDER}.partial').mkdir()
  train_segmenter.run(tiny.segmenter_config(), workdir)
  assert load.pspnet(str(workdir)).sha256 == load.pspnet(str(finished)).sha256


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'seed': 1}, r'another configuration:\n  seed: 0 there, 1 here'),
    ({'learning_rate': 0.5}, r'learning_rate: 0\.003 there, 0\.5 here'),
  ],
)
def test_another_configuration_is_refused(finished, changes, message):
  with pytest.raises(InputError, match=message):
    train_segmenter.run(tiny.segmenter_config(**changes), finished)


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'data__source': 'video'}, r"data\.source is 'video'"),
    (
      {'model__align_corners': True},
      r'config\.model cannot be built: an image of 32x64: with align_corners',
    ),
    ({'num_epochs': 3}, 'exactly one of them'),
  ],
)
def test_wrong_input_is_refused_before_training(tmp_path, changes, message):
  with pytest.raises(InputError, match=message):
    train_segmenter.run(tiny.segmenter_config(**changes), tmp_path)
