"""Centers of objects are learned: what counts, on any number of devices."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from data_pipeline import batches, order, toy_street
from instgan_jax.models import instance_center_network
from instgan_jax.runtime import devices
from instgan_jax.train import instance_center_step

pytestmark = pytest.mark.slow

NETWORK = instance_center_network.InstanceCenterNetwork(
  base_channels=8, num_levels=3
)
OPTIMIZER = optax.adam(3e-3)


@functools.cache
def initial():
  start = functools.partial(
    instance_center_step.initialize, NETWORK, OPTIMIZER, seed=0
  )
  return jax.device_get(jax.jit(start)())


@functools.cache
def batch():
  rows = order.TrainingOrder(num_examples=4, batch_size=4, seed=0, flip=False)
  scenes = toy_street.ToyStreet(4, height=32)
  return next(
    instance_center_step.with_targets(batches.train_batches(scenes, rows))
  )


@functools.cache
def step():
  return jax.jit(instance_center_step.TrainStep(NETWORK, OPTIMIZER))


def test_losses_are_means_over_pixels_of_objects():
  arrays = {**batch(), 'is_object': np.zeros_like(batch()['is_object'])}
  places = ((0, 3, 4), (2, 30, 60))
  for place in places:
    arrays['is_object'][place] = True
  found = NETWORK.apply(
    {'params': initial().params},
    arrays['image'].astype(np.float32) / 127.5 - 1.0,
    arrays['label_map'],
  )
  _, metrics = step()(initial(), arrays)
  heat = [(found.heat[p] - arrays['heat'][p]) ** 2 for p in places]
  offsets = [
    jnp.abs(found.offsets[p] - arrays['offsets'][p]).sum() for p in places
  ]
  np.testing.assert_allclose(metrics['heat_loss'], sum(heat) / 2, rtol=1e-4)
  np.testing.assert_allclose(
    metrics['offset_loss'], sum(offsets) / 2, rtol=1e-4
  )


def test_a_batch_without_objects_changes_nothing():
  arrays = {**batch(), 'is_object': np.zeros_like(batch()['is_object'])}
  state, metrics = step()(initial(), arrays)
  assert metrics['heat_loss'] == metrics['offset_loss'] == 0
  jax.tree.map(np.testing.assert_array_equal, state.params, initial().params)


def test_several_devices_make_the_update_of_one():
  arrays = dict(batch())
  arrays['is_object'] = arrays['is_object'].copy()
  arrays['is_object'][0, :, :48] = False  # One device has far fewer pixels.
  one, metrics = step()(initial(), arrays)
  several, of_all = devices.parallelize(
    instance_center_step.TrainStep(NETWORK, OPTIMIZER, devices.AXIS_NAME)
  )(devices.replicate(initial()), devices.shard_for_pmap(arrays))
  for key in metrics:
    np.testing.assert_allclose(of_all[key], metrics[key], rtol=1e-5)
  # Adam turns rounding errors of gradients into signs: compare the moments.
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5),
    several.opt_state[0].mu,
    one.opt_state[0].mu,
  )


def test_four_scenes_are_memorized():
  state, losses = initial(), []
  for _ in range(80):
    state, metrics = step()(state, batch())
    losses.append([float(metrics[key]) for key in sorted(metrics)])
  assert (np.array(losses[-1]) < 0.5 * np.array(losses[0])).all(), losses[-1]
  assert int(state.step) == 80


@pytest.mark.parametrize('size', [(32, 64), (30, 45), (5, 3)])
def test_images_may_have_any_size(size):
  maps = np.zeros((1, *size), np.uint8)
  found = NETWORK.apply(
    {'params': initial().params}, np.zeros((*maps.shape, 3), np.float32), maps
  )
  assert found.heat.shape == maps.shape
  assert found.offsets.shape == (*maps.shape, 2)
