"""Checkpoints come back as they were, or say what is wrong."""

import errno
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager, run_config, weights_folder
from instgan_jax.runtime import devices
from tests import tiny


def state(value=1.0):
  return devices.replicate(
    {'w': np.full((2, 3), value, np.float32), 'step': np.int32(7)}
  )


def abstract(tree):
  return jax.tree.map(
    lambda x: jax.ShapeDtypeStruct(
      x.shape, x.dtype, sharding=devices.global_sharding()
    ),
    tree,
  )


def test_the_latest_state_comes_back_and_old_ones_go(tmp_path):
  with manager.Checkpoints(
    tmp_path, keep_last=2, keep_every_steps=4
  ) as checkpoints:
    for step in range(1, 8):
      checkpoints.save(step, state(step))
    checkpoints.wait()
    restored = checkpoints.restore(abstract(state()))
  np.testing.assert_array_equal(restored['w'], np.full((2, 3), 7.0))
  assert len(restored['w'].addressable_shards) == 4
  kept = {int(p.name) for p in (tmp_path / 'checkpoints').iterdir()}
  assert kept == {4, 6, 7}


def test_another_shape_is_refused(tmp_path):
  with manager.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, state())
  with manager.Checkpoints(tmp_path) as checkpoints:
    wanted = abstract({'w': jnp.zeros((5, 5)), 'step': jnp.int32(0)})
    with pytest.raises(
      InputError,
      match=r'(?s)checkpoints/1 does not hold.*w is \(2, 3\), .* has \(5, 5\)',
    ):
      checkpoints.restore(wanted)


def test_restore_tree_needs_no_template(tmp_path):
  with manager.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(3, state(2.0))
    checkpoints.wait()
  for folder in (tmp_path, tmp_path / 'checkpoints' / '3'):
    tree = weights_folder.restore_tree(folder)
    np.testing.assert_array_equal(tree['w'], np.full((2, 3), 2.0))
    assert tree['step'] == 7
    assert set(weights_folder.restore_tree(folder, without=['w'])) == {'step'}


def test_saved_tree_round_trip_and_no_overwriting(tmp_path):
  tree = {'generator': {'params': {'w': np.arange(3.0, dtype=np.float32)}}}
  weights_folder.save_tree(tmp_path / 'weights', tree)
  restored = weights_folder.restore_tree(tmp_path / 'weights')
  np.testing.assert_array_equal(
    restored['generator']['params']['w'], [0.0, 1.0, 2.0]
  )
  with pytest.raises(InputError, match='exists already'):
    weights_folder.save_tree(tmp_path / 'weights', tree)


def test_a_folder_without_checkpoint_is_refused(tmp_path):
  with pytest.raises(InputError, match='is not a checkpoint'):
    weights_folder.restore_tree(tmp_path)
  (tmp_path / 'checkpoints').mkdir()
  with pytest.raises(InputError, match='no complete checkpoint'):
    weights_folder.restore_tree(tmp_path)


def test_a_full_disk_is_one_message(tmp_path, monkeypatch):
  with manager.Checkpoints(tmp_path) as checkpoints:

    def full(*_, **__):
      raise RuntimeError('write failed') from OSError(
        errno.ENOSPC, 'No space left on device'
      )

    monkeypatch.setattr(checkpoints._manager, 'save', full)
    with pytest.raises(InputError, match='No space left while writing .*same'):
      checkpoints.save(1, state())


def test_differing_keys_are_listed_but_the_place_of_data_may_change(tmp_path):
  run_config.save(tmp_path, tiny.config())
  run_config.check(tmp_path, tiny.config())
  run_config.check(tmp_path, tiny.config(data__path='elsewhere'))
  with pytest.raises(InputError) as caught:
    run_config.check(tmp_path, tiny.config(seed=4, data__flip=False))
  message = str(caught.value)
  assert 'data.flip: True there, False here' in message
  assert 'seed: 0 there, 4 here' in message
  assert 'batch_size' not in message


def test_a_run_of_before_some_fields_goes_on_as_it_was(tmp_path):
  run_config.save(tmp_path, tiny.config(seed=3, data__seed=3))
  path = tmp_path / 'config.json'
  saved = json.loads(path.read_text())
  del saved['data']['seed'], saved['model']['num_labels'], saved['eval']
  path.write_text(json.dumps(saved))
  # The run's seed was that of the toy streets, too.
  run_config.check(tmp_path, tiny.config(seed=3, data__seed=3))
  with pytest.raises(InputError, match='data.seed: 3 there, 0 here'):
    run_config.check(tmp_path, tiny.config(seed=3))


def test_a_damaged_config_is_named(tmp_path):
  (tmp_path / 'config.json').write_text('{"seed": 0')
  with pytest.raises(InputError, match=r'config\.json is not readable JSON'):
    run_config.check(tmp_path, tiny.config())


def test_config_is_plain_json(tmp_path):
  run_config.save(tmp_path, tiny.config())
  saved = json.loads((tmp_path / 'config.json').read_text())
  assert saved['data']['height'] == 32
  assert not list(tmp_path.glob('*.partial'))


def test_differences_name_missing_extra_and_misshapen():
  given = {'a': np.zeros(2), 'b': {'c': np.zeros(3)}}
  wanted = {'a': np.zeros(4), 'b': {'d': np.zeros(3)}}
  assert weights_folder.differences(given, wanted) == [
    'a is (2,), the model has (4,)',
    'b/c has no place in this model',
    'b/d is missing',
  ]
