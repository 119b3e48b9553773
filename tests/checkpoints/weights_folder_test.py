"""Folders of weights come back as they were, or say what is wrong."""

import collections
import errno
import json
import shutil

import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager, weights_folder
from instgan_jax.runtime import devices

TREE = {'generator': {'params': {'w': np.arange(3.0, dtype=np.float32)}}}


def test_a_training_checkpoint_needs_no_template(tmp_path):
  saved = devices.replicate({'w': np.full((2, 3), 2.0), 'step': jnp.int32(7)})
  with manager.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(3, saved)
    checkpoints.wait()
  for folder in (tmp_path, tmp_path / 'checkpoints' / '3'):
    tree = weights_folder.restore(folder)
    np.testing.assert_array_equal(tree['w'], np.full((2, 3), 2.0))
    assert isinstance(tree['w'], np.ndarray)
    assert tree['step'] == 7
    assert set(weights_folder.restore(folder, without=['w'])) == {'step'}


def test_saved_tree_comes_back_and_is_not_overwritten(tmp_path):
  folder = tmp_path / 'new' / 'weights'
  weights_folder.save(folder, TREE, {'a.txt': 'text', 'b.bin': b'\x00'})
  restored = weights_folder.restore(folder)
  np.testing.assert_array_equal(
    restored['generator']['params']['w'], [0.0, 1.0, 2.0]
  )
  assert (folder / 'a.txt').read_text() == 'text'
  assert (folder / 'b.bin').read_bytes() == b'\x00'
  assert [path.name for path in folder.parent.iterdir()] == ['weights']
  with pytest.raises(InputError, match='exists already'):
    weights_folder.save(folder, TREE)


def test_what_a_killed_program_left_is_replaced(tmp_path):
  (tmp_path / 'weights.partial').mkdir()
  (tmp_path / 'weights.partial' / 'half').write_text('a')
  weights_folder.save(tmp_path / 'weights', TREE)
  assert [path.name for path in tmp_path.iterdir()] == ['weights']
  assert not (tmp_path / 'weights' / 'half').exists()


def test_a_folder_that_cannot_be_made_is_named_at_once(tmp_path):
  (tmp_path / 'file').write_text('')
  with pytest.raises(InputError, match='file/weights cannot be written'):
    weights_folder.save(tmp_path / 'file' / 'weights', TREE)


def test_of_a_full_disk_nothing_is_left(tmp_path):
  class Full(dict):
    def items(self):
      raise OSError(errno.ENOSPC, 'No space left on device', 'x')

  with pytest.raises(InputError, match='No space left while .*weights. Noth'):
    weights_folder.save(tmp_path / 'weights', TREE, Full(a='b'))
  assert not list(tmp_path.iterdir())


def test_a_folder_without_checkpoint_is_refused(tmp_path):
  with pytest.raises(InputError, match='is not a checkpoint'):
    weights_folder.restore(tmp_path)
  (tmp_path / 'checkpoints').mkdir()
  with pytest.raises(InputError, match='no complete checkpoint'):
    weights_folder.restore(tmp_path)


def test_a_damaged_checkpoint_is_named(tmp_path):
  weights_folder.save(tmp_path / 'weights', TREE)
  (tmp_path / 'weights' / '_METADATA').write_text('{')
  with pytest.raises(
    InputError, match='weights cannot be read .*use another checkpoint'
  ):
    weights_folder.restore(tmp_path / 'weights')


def test_weights_that_are_not_finite_are_refused(tmp_path):
  broken = {'generator': {'kernel': np.array([1.0, np.nan], np.float32)}}
  weights_folder.save(tmp_path / 'weights', broken)
  with pytest.raises(InputError, match='generator/kernel has NaN or infinite'):
    weights_folder.restore(tmp_path / 'weights')


def test_metadata_are_read_in_the_workdir_of_a_segmenter_too(tmp_path):
  weights_folder.save(
    tmp_path / weights_folder.TRAINED_FOLDER,
    TREE,
    {weights_folder.METADATA_FILE: json.dumps({'network': 'pspnet'})},
  )
  inner = tmp_path / weights_folder.TRAINED_FOLDER
  for folder in (tmp_path, inner):
    assert weights_folder.locate(folder) == inner
    assert weights_folder.metadata(folder) == {'network': 'pspnet'}


@pytest.mark.parametrize('content', [None, '{', '[1]'])
def test_metadata_that_cannot_be_read_are_named(tmp_path, content):
  if content is not None:
    (tmp_path / 'weights.json').write_text(content)
  with pytest.raises(InputError, match=r'weights\.json cannot be read'):
    weights_folder.metadata(tmp_path)


def test_a_disk_without_room_is_refused_before_anything_is_written(
  tmp_path, monkeypatch
):
  usage = collections.namedtuple('Usage', 'total used free')
  monkeypatch.setattr(shutil, 'disk_usage', lambda _: usage(0, 0, 10))
  with pytest.raises(InputError, match=r'(?s)No space left to write .*weights'):
    weights_folder.save(tmp_path / 'weights', TREE)
  assert not list(tmp_path.iterdir())
