"""A segmenter's update: what counts in its loss, on any number of devices."""

import functools

import jax
import numpy as np
import optax
import pytest
from flax import linen as nn

from data_pipeline import batches, order, toy_street
from data_pipeline.cityscapes import labels
from instgan_jax.pretrained import pspnet
from instgan_jax.runtime import devices
from instgan_jax.train import segmenter_step

pytestmark = pytest.mark.slow


SIZE = (32, 64)
OPTIMIZER = optax.adam(0.01)


class Pixelwise(nn.Module):
  """Both heads classify a pixel by its own color."""

  axis_name: str | None = None

  @nn.compact
  def __call__(self, image, *, train=False):
    x = nn.BatchNorm(
      use_running_average=not train,
      axis_name=None if self.is_initializing() else self.axis_name,
    )(image)
    logits, auxiliary = (
      nn.Conv(19, (1, 1), name=name)(x) for name in ('head', 'auxiliary')
    )
    return pspnet.Output(logits, x, auxiliary)


def small_pspnet(axis_name=None):
  return pspnet.PspNet(
    stage_blocks=(1, 1, 1, 1),
    stem_channels=(4, 4, 8),
    base_channels=4,
    pyramid_channels=8,
    pyramid_bins=(1, 2),
    align_corners=False,
    dropout_rate=0.0,
    use_auxiliary=True,
    axis_name=axis_name,
  )


@functools.cache
def initial(network):
  start = functools.partial(
    segmenter_step.initialize, network, OPTIMIZER, seed=0, size=SIZE
  )
  return jax.device_get(jax.jit(start)())


@functools.cache
def batch():
  rows = order.TrainingOrder(num_examples=4, batch_size=4, seed=0, flip=False)
  return next(batches.train_batches(toy_street.ToyStreet(4, height=32), rows))


def make_step(network, axis_name=None):
  return segmenter_step.TrainStep(
    network,
    OPTIMIZER,
    seed=0,
    size=SIZE,
    auxiliary_weight=0.4,
    train_ids=labels.TABLE.train_ids,
    axis_name=axis_name,
  )


@functools.cache
def on_one_device(network):
  return jax.jit(make_step(network))


def test_loss_is_the_mean_cross_entropy_over_pixels_with_a_class():
  state, arrays = initial(Pixelwise()), dict(batch())
  # Two pixels of the batch have a class: road (train id 0) and bicycle (18).
  # One more is a caravan, which is ignored.
  arrays['label_map'] = np.zeros_like(arrays['label_map'])
  for where, label in (((0, 1, 2), 7), ((3, 30, 60), 33), ((1, 5, 5), 29)):
    arrays['label_map'][where] = label
  output, _ = Pixelwise().apply(
    {'params': state.params, 'batch_stats': state.batch_stats},
    pspnet.preprocess(arrays['image']),
    train=True,
    mutable=['batch_stats'],
  )
  expected = [
    -(jax.nn.log_softmax(x[0, 1, 2])[0] + jax.nn.log_softmax(x[3, 30, 60])[18])
    / 2
    for x in (output.logits, output.auxiliary_logits)
  ]
  _, metrics = on_one_device(Pixelwise())(state, arrays)
  np.testing.assert_allclose(metrics['loss'], expected[0], rtol=1e-4)
  np.testing.assert_allclose(metrics['auxiliary_loss'], expected[1], rtol=1e-4)


def test_a_batch_without_any_class_is_no_division_by_zero():
  arrays = {**batch(), 'label_map': np.zeros_like(batch()['label_map'])}
  network = Pixelwise()
  _, metrics = on_one_device(network)(initial(network), arrays)
  assert metrics['loss'] == metrics['accuracy'] == 0


def test_several_devices_make_the_update_of_one():
  # Adam turns rounding errors of gradients into signs: compare the moments.
  arrays = dict(batch())
  arrays['label_map'] = arrays['label_map'].copy()
  arrays['label_map'][0, :, :48] = 0  # One device has far fewer pixels.
  start = initial(Pixelwise())
  one, metrics = on_one_device(Pixelwise())(start, arrays)
  network = Pixelwise(devices.AXIS_NAME)
  several, of_all = devices.parallelize(make_step(network, devices.AXIS_NAME))(
    devices.replicate(start), devices.shard_for_pmap(arrays)
  )
  for key in metrics:
    np.testing.assert_allclose(of_all[key], metrics[key], rtol=1e-5)
  assert_close(several.opt_state[0].mu, one.opt_state[0].mu)
  assert_close(several.batch_stats, one.batch_stats)
  for leaf in jax.tree.leaves(several):
    first, *rest = [np.asarray(s.data) for s in leaf.addressable_shards]
    for other in rest:
      np.testing.assert_array_equal(first, other)


def test_every_batch_norm_of_pspnet_normalizes_over_all_devices():
  state, images = initial(small_pspnet()), pspnet.preprocess(batch()['image'])

  def statistics(network, images):
    return network.apply(
      {'params': state.params, 'batch_stats': state.batch_stats},
      images,
      train=True,
      mutable=['batch_stats'],
    )[1]

  expected = jax.jit(functools.partial(statistics, small_pspnet()))(images)
  on_devices = jax.jit(
    jax.vmap(
      functools.partial(statistics, small_pspnet('devices')),
      axis_name='devices',
    )
  )(images.reshape(4, 1, *images.shape[1:]))
  for device in range(4):
    assert_close(jax.tree.map(lambda x, d=device: x[d], on_devices), expected)


def assert_close(a, b):
  for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
    np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5)


def test_four_scenes_are_memorized():
  state = initial(small_pspnet())
  losses = []
  for _ in range(40):
    state, metrics = on_one_device(small_pspnet())(state, batch())
    losses.append(float(metrics['loss']))
  assert losses[-1] < 0.35 * losses[0]
  assert metrics['accuracy'] > 0.7
  assert int(state.step) == 40


def test_weights_are_kept_without_the_head_of_training():
  variables = segmenter_step.inference_variables(initial(small_pspnet()))
  plain = small_pspnet().clone(use_auxiliary=False)
  wanted = jax.eval_shape(
    plain.init, jax.random.key(0), np.zeros((1, *SIZE, 3), np.float32)
  )
  assert jax.tree.structure(variables) == jax.tree.structure(wanted)
