"""Checkpoints come back as they were, or say what is wrong."""

import errno

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import checksums, manager
from instgan_jax.runtime import devices


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
  assert manager.last_step(tmp_path) is None
  with manager.Checkpoints(
    tmp_path, keep_last=2, keep_every_steps=4
  ) as checkpoints:
    assert checkpoints.latest_step() is None
    for step in range(1, 8):
      checkpoints.save(step, state(step))
    checkpoints.wait()
    restored = checkpoints.restore(abstract(state()))
  np.testing.assert_array_equal(restored['w'], np.full((2, 3), 7.0))
  assert len(restored['w'].addressable_shards) == 4
  kept = {int(p.name) for p in (tmp_path / 'checkpoints').iterdir()}
  assert kept == {4, 6, 7}
  assert manager.last_step(tmp_path) == 7


def test_nothing_is_compiled_to_save_the_state_of_one_process(tmp_path, caplog):
  of_odd_shapes = {f'w{n}': np.zeros((n, 4 * n)) for n in range(3, 9)}
  tree = devices.replicate(of_odd_shapes)
  with manager.Checkpoints(tmp_path) as checkpoints, jax.log_compiles():
    checkpoints.save(1, devices.to_global(tree))
    checkpoints.wait()
    assert not [x for x in caplog.messages if 'ompil' in x]
    restored = checkpoints.restore(abstract(tree))
  assert jax.tree.all(jax.tree.map(lambda a: len(a.devices()) == 4, restored))


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


@pytest.mark.parametrize('file', ['default/_METADATA', 'default/_sharding'])
def test_a_damaged_checkpoint_is_named(tmp_path, file):
  with manager.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, state())
  (tmp_path / 'checkpoints' / '1' / file).write_bytes(b'')
  with manager.Checkpoints(tmp_path) as checkpoints:
    with pytest.raises(InputError, match='checkpoints/1 cannot be read .*remo'):
      checkpoints.restore(abstract(state()))


def test_a_flipped_bit_of_the_state_is_noticed(tmp_path):
  with manager.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, state())
    checkpoints.save(2, state())
  folder = tmp_path / 'checkpoints' / '2'
  assert (folder / checksums.FILE).exists()
  path = next(path for path in folder.glob('default/**/d/*') if path.is_file())
  data = bytearray(path.read_bytes())
  data[-1] ^= 1
  path.write_bytes(data)
  with manager.Checkpoints(tmp_path) as checkpoints:
    with pytest.raises(InputError, match='checkpoints/2 cannot be .* another'):
      checkpoints.restore(abstract(state()))


def test_an_empty_folder_of_a_step_is_named(tmp_path):
  (tmp_path / 'checkpoints' / '77').mkdir(parents=True)
  with manager.Checkpoints(tmp_path) as checkpoints:
    with pytest.raises(InputError, match='checkpoints/77 cannot be read'):
      checkpoints.restore(abstract(state()))


def test_an_unfinished_checkpoint_is_not_the_last_one(tmp_path):
  (tmp_path / manager.FOLDER).mkdir()
  assert manager.last_step(tmp_path) is None
  for name in ('3', '12', '20.orbax-checkpoint-tmp-0'):
    (tmp_path / manager.FOLDER / name).mkdir()
  assert manager.last_step(tmp_path) == 12


def test_a_full_disk_is_one_message(tmp_path, monkeypatch):
  def full(*_, **__):
    raise RuntimeError('write failed') from OSError(
      errno.ENOSPC, 'No space left on device'
    )

  message = 'No space left while writing .*checkpoints.*same'
  with manager.Checkpoints(tmp_path) as checkpoints:
    for method in ('save', 'wait_until_finished'):
      monkeypatch.setattr(ocp.CheckpointManager, method, full)
    with pytest.raises(InputError, match=message):
      checkpoints.save(1, state())
    with pytest.raises(InputError, match=message):
      checkpoints.wait()
    monkeypatch.undo()


def test_another_error_while_writing_stays_what_it_is(tmp_path, monkeypatch):
  def broken(*_, **__):
    raise RuntimeError('write failed') from OSError(errno.EIO, 'I/O error')

  with manager.Checkpoints(tmp_path) as checkpoints:
    monkeypatch.setattr(ocp.CheckpointManager, 'save', broken)
    with pytest.raises(RuntimeError, match='write failed'):
      checkpoints.save(1, state())
    monkeypatch.undo()
