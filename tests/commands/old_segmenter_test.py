"""Workdirs of segmenters that programs before 0.2 wrote."""

import json

import numpy as np
import pytest

from instgan_jax.checkpoints import run_config, weights_folder
from instgan_jax.commands import train_segmenter
from tests import tiny

pytestmark = pytest.mark.slow


@pytest.mark.parametrize('key', ['metrics_on_real_val', 'figures_on_real_val'])
def test_the_metrics_of_a_complete_run_are_read(tmp_path, key, capsys):
  config = tiny.segmenter_config()
  run_config.save(tmp_path, config)
  metadata = {'network': 'pspnet', key: {'miou': 0.25, 'accuracy_valid': 0.5}}
  weights_folder.save(
    tmp_path / weights_folder.TRAINED_FOLDER,
    {'pspnet': {'w': np.zeros(3)}},
    {weights_folder.METADATA_FILE: json.dumps(metadata)},
  )
  train_segmenter.run(config, tmp_path)
  out = capsys.readouterr().out
  assert f'The run in {tmp_path} is complete.' in out
  assert 'mIoU on the real val images: 0.250, pixel accuracy 0.500.' in out
