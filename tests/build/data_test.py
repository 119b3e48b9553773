"""Scenes and batches of a configuration."""

import itertools
import sys

import numpy as np
import pytest

from data_pipeline import in_memory
from data_pipeline.errors import InputError
from instgan_jax.build import data
from tests import tiny


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'data__source': 'video'}, r"data\.source is 'video', .*'toy_street'"),
    ({'data__width': 96}, r'data\.width 96 .*width=64'),
    ({'data__num_train': 0}, r'train split .* no scene'),
    (
      {'data__source': 'folder', 'data__path': 'missing/folder'},
      r'missing/folder',
    ),
    ({'data__source': 'npz', 'data__path': 'missing'}, r'missing/train\.npz'),
  ],
)
def test_source_refuses(changes, message):
  with pytest.raises(InputError, match=message):
    data.source(tiny.config(**changes), 'train')


def test_toy_streets_are_those_of_the_configuration():
  config = tiny.config()
  train, val = data.source(config, 'train'), data.source(config, 'val')
  assert (len(train), len(val)) == (6, 4)
  assert train.read(0).image.shape == (32, 64, 3)
  assert (train.read(0).image != val.read(0).image).any()
  other = data.source(tiny.config(data__seed=1), 'train')
  assert (train.read(0).image != other.read(0).image).any()


@pytest.fixture(scope='module')
def npz_folder(tmp_path_factory):
  folder = tmp_path_factory.mktemp('npz')
  scenes = data.source(tiny.config(), 'train')
  in_memory.InMemory(scenes).to_npz(folder / 'train.npz')
  return folder


def test_an_npz_holds_scenes_of_the_size_of_the_configuration(npz_folder):
  of_npz = {'data__source': 'npz', 'data__path': str(npz_folder)}
  scenes = data.source(tiny.config(**of_npz), 'train')
  expected = data.source(tiny.config(), 'train')
  np.testing.assert_array_equal(scenes.read(3).image, expected.read(3).image)
  with pytest.raises(
    InputError,
    match=r'train\.npz holds scenes of 32x64, .* asks for 64x128: .*height=32',
  ):
    data.source(
      tiny.config(data__height=64, data__width=128, **of_npz), 'train'
    )


def test_both_loaders_make_the_same_batches():
  pytest.importorskip('tensorflow')

  def batches(loader, start_step):
    config = tiny.config(data__loader=loader, data__num_threads=2)
    scenes = data.source(config, 'train')
    iterator = data.train_batches(config, scenes, start_step=start_step)
    return list(itertools.islice(iterator, 2))

  for one, other in zip(
    batches('in_memory', 3), batches('tf_data', 3), strict=True
  ):
    assert one.keys() == other.keys()
    for key in one:
      np.testing.assert_array_equal(one[key], other[key], err_msg=key)
  first = batches('in_memory', 3)[0]
  np.testing.assert_array_equal(first['position'], [12, 13, 14, 15])


def test_the_seed_and_flip_of_the_configuration_count():
  def first(**changes):
    config = tiny.config(data__loader='in_memory', **changes)
    scenes = data.source(config, 'train')
    return next(data.train_batches(config, scenes, start_step=0))['image']

  assert (first() != first(seed=1)).any()
  assert (first() != first(data__flip=False)).any()
  np.testing.assert_array_equal(first(), first())


def test_unknown_loader_is_refused():
  config = tiny.config(data__loader='grain')
  scenes = data.source(config, 'train')
  with pytest.raises(InputError, match=r"data\.loader is 'grain', expected"):
    data.train_batches(config, scenes, start_step=0)


def test_what_needs_tensorflow_says_so_and_names_the_other_way(monkeypatch):
  for module in ('tf_batches', 'cityscapes.tfds_builder'):
    monkeypatch.setitem(sys.modules, f'data_pipeline.{module}', None)
  config = tiny.config(data__loader='tf_data')
  scenes = data.source(config, 'train')
  with pytest.raises(
    InputError,
    match=r'tf_batches needs TensorFlow .*--config\.data\.loader=in_memory',
  ):
    data.train_batches(config, scenes, start_step=0)
  with pytest.raises(
    InputError,
    match=r'tfds_builder needs TensorFlow .*--config\.data\.source=folder',
  ):
    data.source(tiny.config(data__source='tfds'), 'train')
