"""Runs of version 0.2 continue with what their checkpoints lack."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.checkpoints import manager
from instgan_jax.models import latent_stats
from instgan_jax.runtime import devices
from instgan_jax.train import older_checkpoints
from instgan_jax.train import state as state_lib


def arrays(value):
  return {'w': jnp.full(3, value)}


def state(ema, *, stats):
  return state_lib.GanState(
    step=jnp.int32(4),
    g_params={'generator': arrays(11.0), 'instance_encoder': arrays(3.0)},
    g_stats={'generator': {'batch_stats': arrays(22.0), **stats}},
    g_opt_state={},
    d_params=arrays(7.0),
    d_stats={},
    d_opt_state={},
    ema=ema,
  )


TODAY = state(
  {'params': arrays(1.0), 'instance_encoder': arrays(0.0)},
  stats={
    latent_stats.COLLECTION: {'mean': jnp.full(2, 4.0), 'var': jnp.ones(2)}
  },
)
OLDER = state({'params': arrays(1.0)}, stats={})


@pytest.fixture
def restored(tmp_path):
  """A state that was saved, as a run of today begins with it."""

  def restore(saved):
    with manager.Checkpoints(tmp_path) as checkpoints:
      checkpoints.save(4, devices.replicate(saved))
    sharding = devices.global_sharding()
    abstract = jax.tree.map(
      lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), TODAY
    )
    with manager.Checkpoints(tmp_path) as checkpoints:
      known = older_checkpoints.as_saved(abstract, checkpoints)
      return older_checkpoints.completed(checkpoints.restore(known), abstract)

  return restore


def test_what_is_missing_begins_as_in_a_young_run(restored):
  begun = restored(OLDER)
  assert jax.tree.structure(begun) == jax.tree.structure(TODAY)
  encoder = begun.ema['instance_encoder']['w']
  np.testing.assert_array_equal(encoder, [3.0] * 3)
  assert encoder is not begun.g_params['instance_encoder']['w']
  stats = begun.g_stats['generator'][latent_stats.COLLECTION]
  np.testing.assert_array_equal(stats['mean'], [0.0, 0.0])
  np.testing.assert_array_equal(stats['var'], [1.0, 1.0])


def test_what_is_there_stays(restored):
  jax.tree.map(np.testing.assert_array_equal, restored(TODAY), TODAY)
