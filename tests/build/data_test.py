"""Scenes and batches of a configuration."""

import itertools
import json
import sys

import numpy as np
import pytest

from data_pipeline import (
  connected_components,
  image_file,
  in_memory,
  toy_street,
  unknown_instances,
)
from data_pipeline.errors import InputError
from instgan_jax.build import data
from tests import own_data, tiny
from tests.data_pipeline.panoptic import folder_test


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


@pytest.fixture
def photo_folder(tmp_path):
  """Street scenes as photographs of one's own, with three of their classes."""
  table = {
    'labels': [
      {'id': 0, 'name': 'ground'},
      {'id': 1, 'name': 'car', 'has_instances': True},
    ]
  }
  (tmp_path / 'labels.json').write_text(json.dumps(table))
  for split in ('train', 'val'):
    source = data.source(tiny.config(), split)
    for index, name in enumerate(source.image_ids):
      scene = source.read(index)
      for folder, array in (
        ('images', scene.image),
        ('labels', (scene.label_map == 26).astype(np.uint8)),
      ):
        path = tmp_path / folder / split / f'{name}.png'
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(image_file.encode_png(array))
  return tmp_path


def test_a_folder_with_a_labels_json_brings_its_classes(photo_folder):
  config = tiny.config(data__source='folder', data__path=str(photo_folder))
  config = data.with_label_table(config)
  assert config.model.num_labels == 2
  assert [fields.name for fields in config.labels.values()] == ['ground', 'car']
  scenes = data.source(config, 'train')
  assert len(scenes) == 6 and scenes.read(0).image.shape == (32, 64, 3)
  (photo_folder / 'labels.json').write_text(
    '{"labels": [{"id": 0, "name": "ground"}, {"id": 1, "name": "bus"}]}'
  )
  with pytest.raises(InputError, match='other classes than the run'):
    data.source(config, 'train')


def test_a_folder_of_another_layout_is_refused(tmp_path):
  config = tiny.config(data__source='folder', data__path=str(tmp_path))
  with pytest.raises(InputError, match=r'neither leftImg8bit .* labels\.json'):
    data.source(config, 'train')


def test_random_crops_are_a_function_of_the_seed_and_the_step(photo_folder):
  def batches(**changes):
    config = tiny.config(
      data__source='folder',
      data__path=str(photo_folder),
      data__load_height=40,
      data__load_width=80,
      data__flip=False,
      **changes,
    )
    scenes = data.training_source(config)
    assert scenes.read(0).image.shape == (40, 80, 3)
    assert data.source(config, 'val').read(0).image.shape == (32, 64, 3)
    iterator = data.train_batches(config, scenes, start_step=0)
    return [next(iterator) for _ in range(4)]

  first = batches()
  assert first[0]['image'].shape == (4, 32, 64, 3)
  assert first[0]['label_map'].shape == (4, 32, 64)
  for one, same in zip(first, batches(), strict=True):
    np.testing.assert_array_equal(one['image'], same['image'])
  other = batches(seed=1)
  assert any(
    (one['image'] != two['image']).any()
    for one, two in zip(first, other, strict=True)
  )


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    ({'data__load_height': 16}, 'data.load_height and data.load_width are 16'),
    ({'data__geometry': 'zoom'}, r"data\.geometry is 'zoom', .*'crop'"),
    ({'data__geometry': 'crop'}, 'which data.source=toy_street does not have'),
    (
      {'data__source': 'folder', 'data__path': '/nowhere'},
      r'no such folder\. Expected the one that holds labels\.json, images, '
      'labels, or leftImg8bit and gtFine, as Cityscapes',
    ),
  ],
)
def test_data_that_cannot_be_had_are_refused(changes, message):
  with pytest.raises(InputError, match=message):
    data.training_source(tiny.config(**changes))


def test_panoptic_data_bring_their_classes(tmp_path):
  folder_test.write(tmp_path)
  of_panoptic = {'data__source': 'panoptic', 'data__path': str(tmp_path)}
  config = data.with_label_table(tiny.config(**of_panoptic))
  assert config.model.num_labels == 201
  scenes = data.source(config, 'train')
  assert scenes.read(0).image.shape == (32, 64, 3)
  with pytest.raises(InputError, match=r"annotations of the split 'val'"):
    data.source(config, 'val')


def test_a_share_of_the_training_scenes_has_instance_maps():
  config = tiny.config(data__instance_share=0.5)
  scenes = data.training_source(config)
  known = [scenes.read(i).instance_ids is not None for i in range(6)]
  assert sum(known) == 3
  assert all(
    data.source(config, 'val').read(i).instance_ids is not None
    for i in range(4)
  )
  first = next(data.train_batches(config, scenes, start_step=0))
  assert first['has_instance_map'].dtype == bool
  with pytest.raises(InputError, match=r'instance_share is 1\.5, expected'):
    data.training_source(tiny.config(data__instance_share=1.5))


def test_scenes_without_a_map_are_left_out_or_get_connected_components():
  changes = {'data__instance_share': 0.5, 'data__without_instance_map': ''}

  def scenes(way):
    changes['data__without_instance_map'] = way
    return data.training_source(tiny.config(**changes))

  unknown, left_out, components = map(scenes, data.WITHOUT_INSTANCE_MAP)
  is_known = unknown_instances.has_instance_map(unknown)
  assert len(left_out) == is_known.sum() == 3 and len(components) == 6
  assert left_out.image_ids == tuple(np.array(unknown.image_ids)[is_known])
  assert unknown_instances.has_instance_map(components).all()
  for i, known in enumerate(is_known):
    expected, got = unknown.read(i), components.read(i)
    np.testing.assert_array_equal(got.image, expected.image)
    ids = expected.instance_ids
    if not known:
      ids = connected_components.instance_ids(expected, unknown.label_table)
    np.testing.assert_array_equal(got.instance_ids, ids)
  # All scenes have a map here: nothing is left out.
  changes['data__instance_share'] = 1.0
  assert len(scenes('left_out')) == 6
  with pytest.raises(InputError, match=r"is 'away', expected one of 'unknown'"):
    scenes('away')
  changes['data__instance_share'] = 0.0
  with pytest.raises(InputError, match='None of the 6 training scenes has'):
    scenes('left_out')


def test_files_can_be_read_at_their_own_size(tmp_path):
  own_data.write_photo_folder(
    tmp_path, 'train', toy_street.ToyStreet(4, height=64)
  )
  config = tiny.config(data__source='folder', data__path=str(tmp_path))
  assert data.source(config, 'train').read(1).image.shape == (32, 64, 3)
  scenes = data.full_size_source(config, 'train')
  assert scenes.read(1).image.shape == (64, 128, 3)
  assert (
    unknown_instances.has_instance_map(scenes).tolist() == [False] + [True] * 3
  )
  config.data.instance_share = 0.0
  scenes = data.full_size_source(config, 'train')
  assert not unknown_instances.has_instance_map(scenes).any()
  # Rendered scenes have no other size than that of the configuration.
  scenes = data.full_size_source(tiny.config(), 'val')
  assert scenes.read(0).image.shape == (32, 64, 3)
  assert unknown_instances.has_instance_map(scenes).all()
