"""Where styles of N(0, 1) are mapped to, with numbers worked out by hand."""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.models import latent_stats
from tests.models import random_arrays

# Id 1 has six pixels, id 2 two, id 3 none.
IDS = np.array([[[1, 1, 1, 0], [1, 1, 1, 0], [2, 2, 0, 0]]], np.int32)
LATENTS = np.array([[[4.0], [8.0], [1e6]]], np.float32)


def test_instances_weigh_as_their_pixels():
  stats = latent_stats.update(latent_stats.initial(1), LATENTS, IDS)
  # The mean of the batch is (6 * 4 + 2 * 8) / 8 = 5, a hundredth of the way.
  np.testing.assert_allclose(stats['mean'], [0.05], rtol=1e-5)
  var = (6 * (4 - 0.05) ** 2 + 2 * (8 - 0.05) ** 2) / 8
  np.testing.assert_allclose(stats['var'], [0.99 + 0.01 * var], rtol=1e-5)


def test_they_arrive_at_the_distribution_of_the_latents():
  latents = random_arrays.normal((1, 500, 3)) * np.float32([0.5, 2.0, 0.0])
  latents += np.float32([1.0, -3.0, 2.0])
  ids = np.arange(1, 501).reshape(1, 20, 25)
  update = jax.jit(latent_stats.update)
  stats = latent_stats.initial(3)
  for _ in range(1500):
    stats = update(stats, latents, ids)
  np.testing.assert_allclose(stats['mean'], latents.mean((0, 1)), rtol=1e-4)
  np.testing.assert_allclose(
    stats['var'], latents.var((0, 1)), rtol=1e-3, atol=1e-4
  )


def test_a_batch_without_instances_changes_nothing():
  before = {'mean': jnp.array([2.0]), 'var': jnp.array([3.0])}
  after = latent_stats.update(before, LATENTS, np.zeros_like(IDS))
  jax.tree.map(np.testing.assert_array_equal, before, after)


def test_devices_that_share_a_batch_have_the_statistics_of_the_whole():
  latents = random_arrays.normal((4, 3, 2))
  ids = np.stack([np.roll(IDS[0], k) * (k > 0) for k in range(4)])
  stats = latent_stats.initial(2)
  update = functools.partial(latent_stats.update, stats, axis_name='batch')
  several = jax.pmap(update, axis_name='batch')(latents[:, None], ids[:, None])
  one = latent_stats.update(stats, latents, ids)
  for key in one:
    np.testing.assert_allclose(several[key], [one[key]] * 4, rtol=1e-5)


def test_styles_become_latents_and_come_back():
  stats = {'mean': np.array([1.0, -2.0]), 'var': np.array([0.25, 0.0])}
  latents = latent_stats.to_latents(stats, np.array([[2.0, 3.0]]))
  # A latent of one value stays near it.
  np.testing.assert_allclose(latents, [[2.0, -1.97]], rtol=1e-3)
  styles = latent_stats.to_styles(stats, latents)
  np.testing.assert_allclose(styles, [[2.0, 3.0]], rtol=1e-5)


def test_no_gradient_goes_through_them():
  def moved(latents):
    stats = latent_stats.update(latent_stats.initial(1), latents, IDS)
    return sum(jnp.sum(x) for x in stats.values())

  assert not np.any(jax.grad(moved)(LATENTS))
