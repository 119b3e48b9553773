import jax.numpy as jnp
import numpy as np

from instgan_jax.losses import mode_seeking


def loss(ids, change, distance, *, outside=0.0):
  """Of one image of four pixels, with so much change in instances and latents.

  The latents of absent ids differ by 100.
  """
  ids = jnp.array([[ids]])
  images = jnp.zeros((1, 1, 4, 3))
  others = (
    jnp.where((ids > 0)[..., None], change, outside)
    * jnp.ones(3)[None, None, None]
  )
  latents = jnp.zeros((1, 3, 2))
  numbers = jnp.arange(1, 4)[None, :, None]
  moved = jnp.where(numbers <= ids.max(), distance, 100.0) * jnp.ones((1, 1, 2))
  return mode_seeking.mode_seeking_loss(
    images=(images, others), latents=(latents, moved), instance_map=ids
  )


def test_by_hand():
  expected = 1.0 / (0.6 / 2.0 + mode_seeking.EPSILON)
  np.testing.assert_allclose(loss([0, 0, 1, 2], 0.6, 2.0), expected, rtol=1e-6)


def test_it_looks_into_instances_alone_whatever_their_area():
  expected = loss([0, 0, 1, 2], 0.6, 2.0)
  np.testing.assert_allclose(loss([0, 0, 0, 1], 0.6, 2.0), expected, rtol=1e-6)
  changed = loss([0, 0, 1, 2], 0.6, 2.0, outside=9.0)
  np.testing.assert_allclose(changed, expected, rtol=1e-6)


def test_nothing_to_seek_without_instances():
  assert loss([0, 0, 0, 0], 0.6, 2.0) == 0.0
