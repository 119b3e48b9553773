"""Pretrained networks load from what was imported, or say what is wrong."""

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import tree, weights_folder
from instgan_jax.pretrained import load
from tests import tiny_segmenter

pytestmark = pytest.mark.slow


def test_the_architecture_is_that_of_the_import(tmp_path):
  loaded = load.pspnet(tiny_segmenter.save(tmp_path / 'a'))
  assert loaded.module.stage_blocks == (1, 1, 1, 1)
  image = np.zeros((1, 32, 64, 3), np.float32)
  logits = jax.jit(loaded.module.apply)(loaded.variables, image).logits
  assert logits.shape == (1, 32, 64, 19)


def test_a_trained_segmenter_is_located_in_its_workdir(tmp_path):
  tiny_segmenter.save(tmp_path / 'run' / weights_folder.TRAINED_FOLDER)
  assert load.pspnet(str(tmp_path / 'run')).variables


def test_the_hash_tells_weights_apart(tmp_path):
  a = load.pspnet(tiny_segmenter.save(tmp_path / 'a'))
  b = load.pspnet(tiny_segmenter.save(tmp_path / 'b'))
  c = load.pspnet(tiny_segmenter.save(tmp_path / 'c', num_classes=5))
  assert a.sha256 == b.sha256 != c.sha256
  bias = a.variables['params']['head_classifier']['bias'] + 1e-3
  a.variables['params']['head_classifier']['bias'] = bias
  assert tree.sha256(a.variables) != b.sha256


def test_other_options_are_refused(tmp_path):
  folder = tiny_segmenter.save(tmp_path / 'a')
  metadata = tmp_path / 'a' / 'weights.json'
  text = metadata.read_text()
  metadata.write_text(text.replace('"num_classes": 19', '"num_classes": 4'))
  with pytest.raises(
    InputError, match=r'head_classifier/bias is \(19,\), the model has \(4,\)'
  ):
    load.pspnet(folder)
  metadata.write_text(text.replace('num_classes', 'depth'))
  with pytest.raises(InputError, match='has options that no PSPNet has.*depth'):
    load.pspnet(folder)


def test_weights_of_another_network_are_named(tmp_path):
  folder = tiny_segmenter.save(tmp_path / 'a')
  with pytest.raises(InputError, match='holds weights of pspnet, expected inc'):
    load.inception(folder)


def test_a_folder_without_metadata_is_named(tmp_path):
  folder = tiny_segmenter.save(tmp_path / 'a')
  (tmp_path / 'a' / 'weights.json').unlink()
  with pytest.raises(InputError, match='weights.json cannot be read'):
    load.pspnet(folder)


def test_weights_that_are_not_finite_are_named(tmp_path):
  folder = tiny_segmenter.save(tmp_path / 'a')
  weights = weights_folder.restore(folder)
  bias = weights['pspnet']['params']['head_classifier']['bias']
  weights['pspnet']['params']['head_classifier']['bias'] = bias * np.nan
  metadata = (tmp_path / 'a' / 'weights.json').read_text()
  weights_folder.save(tmp_path / 'b', weights, {'weights.json': metadata})
  with pytest.raises(InputError, match='head_classifier/bias has NaN'):
    load.pspnet(str(tmp_path / 'b'))
