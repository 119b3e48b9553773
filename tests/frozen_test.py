"""Frozen networks load from what was imported, or say what is wrong."""

import json

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax import checkpoint, frozen
from instgan_jax.pretrained import pspnet

OPTIONS = {
  'num_classes': 3,
  'stage_blocks': [1, 1, 1, 1],
  'stem_channels': [2, 2, 4],
  'base_channels': 2,
  'pyramid_channels': 4,
}


def save(folder, *, options=None, value=1.0):
  network = pspnet.PspNet(
    **{k: tuple(v) if isinstance(v, list) else v for k, v in OPTIONS.items()}
  )
  image = np.zeros((1, 65, 65, 3), np.float32)
  shapes = jax.eval_shape(network.init, jax.random.key(0), image)
  tree = jax.tree.map(lambda x: np.full(x.shape, value, x.dtype), shapes)
  about = {'network': 'pspnet', 'options': OPTIONS | (options or {})}
  checkpoint.save_tree(
    folder, {'pspnet': tree}, {'weights.json': json.dumps(about)}
  )


def test_the_architecture_is_that_of_the_import(tmp_path):
  save(tmp_path / 'a')
  found = frozen.load_pspnet(str(tmp_path / 'a'))
  assert found.network.stage_blocks == (1, 1, 1, 1)
  image = np.zeros((1, 65, 65, 3), np.float32)
  logits = found.network.apply(found.variables, image).logits
  assert logits.shape == (1, 65, 65, 3)


def test_a_trained_segmenter_is_found_in_its_working_folder(tmp_path):
  save(tmp_path / 'run' / frozen.TRAINED_FOLDER)
  assert frozen.load_pspnet(str(tmp_path / 'run')).variables


def test_the_hash_tells_weights_apart(tmp_path):
  save(tmp_path / 'a')
  save(tmp_path / 'b')
  save(tmp_path / 'c', value=2.0)
  a, b, c = (frozen.load_pspnet(str(tmp_path / n)).sha256 for n in 'abc')
  assert a == b != c


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    ({'depth': 101}, 'has options that no PSPNet has.*depth'),
    ({'num_classes': 4}, 'head_classifier/bias is .3,., the model has .4,.'),
  ],
)
def test_other_architectures_are_refused(tmp_path, options, message):
  save(tmp_path / 'a', options=options)
  with pytest.raises(InputError, match=message):
    frozen.load_pspnet(str(tmp_path / 'a'))


def test_weights_of_another_network_are_named(tmp_path):
  save(tmp_path / 'a')
  with pytest.raises(InputError, match='holds weights of pspnet, expected inc'):
    frozen.load_inception(str(tmp_path / 'a'))


def test_a_folder_without_its_description_is_named(tmp_path):
  save(tmp_path / 'a')
  (tmp_path / 'a' / 'weights.json').unlink()
  with pytest.raises(InputError, match='weights.json cannot be read'):
    frozen.load_pspnet(str(tmp_path / 'a'))
