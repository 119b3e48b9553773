"""Laws of the update, on networks a few channels wide."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from instgan_jax.build import gan
from instgan_jax.checkpoints import manager, networks
from instgan_jax.runtime import devices
from instgan_jax.train import randomness
from instgan_jax.train import step as step_lib
from tests import tiny

pytestmark = pytest.mark.slow


def batch_of(size, *, seed=0):
  rng = np.random.default_rng(seed)
  instance_map = np.zeros((size, 32, 64), np.uint16)
  # The first feature map of 1x2 pixels sees the corner and the middle.
  instance_map[:, 0:20, 0:30] = 1
  instance_map[:, 0:30, 30:50] = 2
  return {
    'image': rng.integers(0, 256, (size, 32, 64, 3)).astype(np.uint8),
    'label_map': np.where(instance_map > 0, 26, 7).astype(np.uint8),
    'instance_map': instance_map,
    'position': np.arange(size, dtype=np.uint32),
    'num_dropped_instances': np.arange(size, dtype=np.int32),
    'has_instance_map': np.ones(size, bool),
  }


# Plain gradient descent: Adam would turn rounding into full steps.
SGD = step_lib.Optimizers(optax.sgd(1e-2), optax.sgd(1e-2))
# Everything on: instances, positions, both encoders, an average, perceptual
# loss, augmentation, diversity.
CHANGES = {
  'ema_decay': 0.9,
  'model__image_style_dim': 8,
  'model__instance_encoder': True,
  'model__encoder_channels': 2,
  'discriminator__augmentation': 'color,translation,cutout',
  'loss_weights__diversity': 0.5,
  'loss_weights__perceptual': 3.0,
  'loss_weights__feature_matching': 8.0,
}


def make_step(*, axis_name=None, **changes):
  config = tiny.config(**CHANGES | changes)
  modules = dataclasses.replace(
    gan.networks(config, axis_name=axis_name),
    # For the features of VGG19.
    vgg19=lambda _, image: (image,) * 5,
  )
  return gan.train_step(config, modules, SGD, axis_name=axis_name)


@functools.cache
def fresh_state():
  config = tiny.config(**CHANGES)
  return gan.initial_state(config, gan.networks(config), SGD)


@functools.cache
def compiled_step(**changes):
  """`step(weights, state, batch)`: other weights need no other program."""
  step = make_step(**changes)

  def step_of_weights(weights, state, batch):
    weights = dataclasses.replace(step.loss_weights, **weights)
    return dataclasses.replace(step, loss_weights=weights)(state, batch)

  return jax.jit(step_of_weights)


def loss_weights():
  """Those of `CHANGES` that the step multiplies by, whatever they are."""
  weights = tiny.config(**CHANGES).loss_weights
  return {
    name: weights[name] for name in ('perceptual', 'kl', 'instance_kl', 'l1')
  }


def run(num_steps, batch=None, *, weights=None, **changes):
  """State and metrics after some steps of the tiny L+I+P run."""
  state, step = fresh_state(), compiled_step(**changes)
  weights = loss_weights() | (weights or {})
  for k in range(num_steps):
    state, metrics = step(weights, state, batch or batch_of(4, seed=k))
  return state, metrics


def assert_trees_close(a, b, **tolerance):
  jax.tree.map_with_path(
    lambda path, x, y: np.testing.assert_allclose(
      x, y, err_msg=jax.tree_util.keystr(path), **tolerance
    ),
    a,
    b,
  )


def assert_replicated(tree):
  for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
    first, *others = [np.asarray(s.data) for s in leaf.addressable_shards]
    assert others, 'There is one device only.'
    for other in others:
      np.testing.assert_array_equal(
        first, other, err_msg=jax.tree_util.keystr(path)
      )


def changed(before, after):
  return jax.tree.map(lambda a, b: bool(np.any(a != b)), before, after)


def test_a_step_moves_every_parameter_and_statistic():
  before = fresh_state()
  after, _ = run(2)
  assert int(after.step) == 2
  for name in ('g_params', 'g_stats', 'd_params', 'd_stats', 'ema'):
    moved = changed(getattr(before, name), getattr(after, name))
    still = [
      jax.tree_util.keystr(path)
      for path, value in jax.tree_util.tree_leaves_with_path(moved)
      if not value
    ]
    # A bias before a batch norm has no gradient.
    assert not [p for p in still if not p.endswith("['bias']")], name


def test_metrics_are_finite_scalars_and_count_dropped_instances():
  _, metrics = run(1)
  assert all(np.isfinite(x) and x.shape == () for x in metrics.values())
  assert metrics['num_dropped_instances'] == 1.5  # (0 + 1 + 2 + 3) / 4.


def test_the_same_positions_make_the_same_update_and_others_another():
  a, _ = run(1, batch_of(4))
  b, _ = run(1, batch_of(4))
  moved = batch_of(4)
  moved['position'] = moved['position'] + 4
  c, _ = run(1, moved)
  assert_trees_close(a, b, rtol=0, atol=0)
  assert any(jax.tree.leaves(changed(a.g_params, c.g_params)))


def test_heads_of_instances_receive_gradient_from_the_first_step():
  before = fresh_state()
  after, _ = run(1)
  head = "['instance']"
  moved = changed(before.g_params, after.g_params)['generator']
  heads = [
    value
    for path, value in jax.tree_util.tree_leaves_with_path(moved)
    if head in jax.tree_util.keystr(path)
  ]
  assert heads and any(heads)


def test_sharing_the_forward_keeps_the_generator_and_its_loss():
  separate, a = run(1, share_generator_forward=False)
  shared, b = run(1)
  for key in ('g_loss', 'g_grad_norm'):
    np.testing.assert_allclose(a[key], b[key], rtol=1e-5)
  assert_trees_close(separate.g_params, shared.g_params, rtol=1e-4, atol=1e-6)
  # GauGAN's second generation moves the statistics once more.
  assert any(jax.tree.leaves(changed(separate.g_stats, shared.g_stats)))


def test_bfloat16_keeps_float32_parameters_statistics_and_losses():
  # The weights that are in the program.
  weights = {'feature_matching': 2.0, 'diversity': 0.1}
  changes = {f'loss_weights__{name}': x for name, x in weights.items()}
  state, metrics = run(1, dtype='bfloat16', **changes)
  _, exact = run(1)
  floats = {x.dtype for x in jax.tree.leaves((state, metrics))}
  assert floats == {jnp.dtype('float32'), jnp.dtype('int32')}
  for name in ('g_adversarial', 'g_perceptual', 'd_loss'):
    np.testing.assert_allclose(metrics[name], exact[name], rtol=0.05)
  for name, weight in weights.items():
    np.testing.assert_allclose(
      metrics[f'g_{name}'] / weight,
      exact[f'g_{name}'] / CHANGES[f'loss_weights__{name}'],
      rtol=0.05,
    )


def test_terms_are_proportional_to_their_weights():
  weights = {'perceptual': 6.0, 'kl': 0.4, 'instance_kl': 0.3, 'l1': 2.5}
  _, metrics = run(1, weights=weights)
  _, others = run(1)
  before = loss_weights()
  for name, weight in weights.items():
    np.testing.assert_allclose(
      metrics[f'g_{name}'] / weight,
      others[f'g_{name}'] / before[name],
      rtol=1e-5,
    )


def test_loss_is_the_sum_of_its_weighted_terms():
  _, metrics = run(1)
  terms = ['g_adversarial', 'g_feature_matching', 'g_perceptual', 'g_kl']
  terms += ['g_instance_kl', 'g_l1', 'g_diversity']
  np.testing.assert_allclose(
    metrics['g_loss'], sum(metrics[term] for term in terms), rtol=1e-6
  )
  # The five layers weigh 1/32 + 1/16 + 1/8 + 1/4 + 1 = 47/32; images in
  # [-1, 1] differ by at most 2.
  assert 0.0 < metrics['g_perceptual'] < 3.0 * 47 / 32 * 2
  assert metrics['g_kl'] > 0.0


def test_the_photograph_of_a_prior_image_is_compared_with_nothing():
  batch = batch_of(4)
  is_prior = np.asarray(
    randomness.example_share(
      randomness.stream_key(0, randomness.PRIOR_IMAGES), batch['position'], 0.5
    )
  )
  assert 0 < is_prior.sum() < 4
  _, before = run(1, batch)
  for rows, is_equal in ((is_prior, True), (~is_prior, False)):
    image = np.where(rows[:, None, None, None], 0, batch['image'])
    _, after = run(1, {**batch, 'image': image.astype(np.uint8)})
    assert before['g_instance_kl'] != after['g_instance_kl']
    for name in ('g_l1', 'g_feature_matching'):
      # The encoder of the whole image sees all of them, to little effect yet.
      change = abs(after[name] / before[name] - 1.0)
      assert change < 1e-3 if is_equal else change > 1e-2


def test_losses_of_single_instances_leave_out_unknown_ones():
  batch = batch_of(4)
  _, known = run(1, batch)
  _, unknown = run(1, {**batch, 'has_instance_map': np.zeros(4, bool)})
  for name in ('g_l1', 'g_diversity'):
    assert abs(unknown[name]) < 1e-6 < abs(known[name])
  for name in ('g_instance_kl', 'g_feature_matching', 'd_loss'):
    assert unknown[name] == known[name]


def metrics_of(config):
  """Names of a step's metrics, by shapes alone: nothing is compiled."""
  modules = gan.networks(config)
  step = gan.train_step(config, modules, SGD, axis_name=None)
  state = gan.abstract_state(config, modules, SGD)
  _, metrics = jax.eval_shape(step, state, batch_of(4))
  return set(metrics)


def test_terms_are_absent_without_their_networks():
  metrics = metrics_of(tiny.config(discriminator__kind='segmentation'))
  assert {'g_adversarial', 'd_real', 'd_fake', 'd_label_mix'} <= metrics
  assert 'g_feature_matching' not in metrics
  others = {'g_perceptual', 'g_kl', 'g_instance_kl', 'g_l1', 'g_diversity'}
  assert not others & metrics


def test_two_discriminators_are_trained_together():
  config = tiny.config(
    discriminator__kind='patch+segmentation',
    discriminator__segmentation_layers=2,
  )
  metrics = metrics_of(config)
  assert {'g_feature_matching', 'd_logits_real', 'd_label_mix'} <= metrics


def test_a_state_that_was_saved_makes_the_same_update(tmp_path):
  state, _ = run(1)
  with manager.Checkpoints(tmp_path) as checkpoints:
    checkpoints.save(1, state)
    checkpoints.wait()
    abstract = jax.tree.map(
      lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding),
      state,
    )
    restored = checkpoints.restore(abstract)
  batch = batch_of(4, seed=1)
  expected, _ = compiled_step()(loss_weights(), state, batch)
  actual, _ = compiled_step()(loss_weights(), jax.device_get(restored), batch)
  assert_trees_close(expected, actual, rtol=0, atol=0)
  loaded = networks.load(str(tmp_path))
  assert {'generator', 'encoder', 'instance_encoder'} <= set(loaded)


@pytest.mark.oldest
def test_four_devices_make_the_update_of_one():
  before, batch = fresh_state(), batch_of(4)
  single, single_metrics = run(1, batch, share_generator_forward=False)
  assert single_metrics['g_kl'] > 0 and single_metrics['g_l1'] > 0
  moved = changed(before.g_params['encoder'], single.g_params['encoder'])
  assert any(jax.tree.leaves(moved))

  step = make_step(axis_name=devices.AXIS_NAME, share_generator_forward=False)
  several, several_metrics = devices.parallelize(step)(
    devices.replicate(jax.device_get(before)), devices.shard_for_pmap(batch)
  )
  assert jax.local_device_count() == 4
  assert_replicated(several)
  assert_trees_close(single, several, rtol=2e-4, atol=2e-5)
  assert_trees_close(single_metrics, several_metrics, rtol=1e-3, atol=1e-5)
