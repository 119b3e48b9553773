"""OASIS's losses with a tiny network: devices, statistics, LabelMix."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import segmentation_discriminator
from instgan_jax.train import segmentation_adversary, views
from tests.models import random_arrays

MODULE = segmentation_discriminator.SegmentationDiscriminator(
  num_labels=5, base_channels=2, num_layers=1
)


def make_views(batch=4):
  labels = np.random.default_rng(0).integers(0, 4, (batch, 2, 4))
  labels = labels.repeat(4, 1).repeat(4, 2)
  return views.Views(
    label_map=labels,
    instance_map=labels,
    real=random_arrays.normal((batch, 8, 16, 3)),
    fake=random_arrays.normal((batch, 8, 16, 3), seed=1),
    is_valid=labels != 3,
  )


@pytest.fixture(scope='module')
def variables():
  images = make_views()
  stats = random_arrays.variables(MODULE, None, None, images.real)
  return stats.pop('params'), stats


def losses(variables, images, axis_name=None):
  """Both losses, their gradients, metrics, and statistics, over devices."""
  adversary = segmentation_adversary.SegmentationAdversary(
    MODULE, label_mix=3.0, seed=0, axis_name=axis_name
  )
  params, stats = variables

  def of_generator(fake):
    terms, new_stats = adversary.generator_terms(
      params, stats, images._replace(fake=fake), None
    )
    return terms['g_adversarial'], new_stats

  def of_discriminator(params):
    return adversary.discriminator_loss(
      params, stats, images, step=jnp.int32(3), update_stats=True
    )

  g = jax.value_and_grad(of_generator, has_aux=True)(images.fake)
  d = jax.value_and_grad(of_discriminator, has_aux=True)(params)
  if axis_name is not None:
    d, g_loss = jax.lax.pmean((d, g[0][0]), axis_name)
    g = (g_loss, g[0][1]), g[1] / jax.lax.axis_size(axis_name)
  return g, d


@pytest.mark.slow
def test_several_devices_have_the_losses_and_gradients_of_one(variables):
  images = make_views()
  ((g_loss, _), g_gradient), d = jax.jit(losses)(variables, images)
  split = jax.tree.map(lambda x: x.reshape(2, 2, *x.shape[1:]), images)
  of_devices = jax.jit(
    jax.vmap(
      functools.partial(losses, axis_name='devices'),
      in_axes=(None, 0),
      axis_name='devices',
    )
  )
  ((loss, _), gradient), others = of_devices(variables, split)
  np.testing.assert_allclose(loss[1], g_loss, rtol=1e-5)
  gradient = gradient.reshape(g_gradient.shape)
  np.testing.assert_allclose(gradient, g_gradient, rtol=1e-4, atol=1e-7)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b[1], rtol=1e-3, atol=1e-5),
    d,
    others,
  )
  assert set(d[0][1][0]) == {'d_real', 'd_fake', 'd_label_mix'}


def test_the_mix_takes_whole_labels_and_changes_with_the_step():
  adversary = segmentation_adversary.SegmentationAdversary(MODULE, 3.0, seed=0)
  labels = make_views().label_map
  masks = [np.asarray(adversary.mixed_from_real(labels, k)) for k in range(8)]
  for mask in masks:
    for label in range(4):
      assert len(set(mask[labels == label].tolist())) == 1
  assert len({mask.tobytes() for mask in masks}) > 3
