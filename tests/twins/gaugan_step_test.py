"""Our training step is GauGAN's: losses, gradients, updates, statistics."""

import dataclasses
import functools

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import torch

from benchmarks.twins import (
  gan_state,
  gaugan_discriminator,
  gaugan_encoder,
  gaugan_generator,
  gaugan_step,
  torch_arrays,
)
from configs import cityscapes_gaugan
from instgan_jax.build import gan
from instgan_jax.train import randomness
from instgan_jax.train import step as step_lib
from tests.twins import precision, pytorch, scenes

pytestmark = pytest.mark.slow


NUM_STEPS = 3
BATCH = 2
SINGLE, DOUBLE = 0, 1
LOSSES = (
  'g_adversarial',
  'g_feature_matching',
  'g_perceptual',
  'g_kl',
  'd_loss',
)


@functools.cache
def config():
  """The shipped configuration of GauGAN, narrow, with a style encoder."""
  config = cityscapes_gaugan.get_config()
  config.data.update({'height': 64, 'width': 128})
  config.model.update(
    {
      'upsampling': 'normal',
      'base_channels': 2,
      'hidden_channels': 4,
      'image_style_dim': 8,
      'encoder_channels': 2,
    }
  )
  config.discriminator.update({'base_channels': 4, 'num_layers': 2})
  return config


@functools.cache
def twins():
  """{network: (float32, float64)}."""
  builders = {
    'generator': lambda: gaugan_generator.Generator(
      input_channels=36,
      base=2,
      hidden=4,
      image_size=(64, 128),
      upsampling='normal',
      latent=8,
    ),
    'encoder': lambda: gaugan_encoder.Encoder(base=2, latent=8),
    'discriminator': lambda: gaugan_discriminator.Discriminator(
      input_channels=39, base=4, num_layers=2
    ),
  }
  return {
    name: pytorch.twins(gan, seed=seed)
    for seed, (name, gan) in enumerate(builders.items())
  }


def batch(step):
  scene = scenes.random(BATCH, 64, 128, num_labels=35, seed=step)
  return {
    'image': scene.image,
    'label_map': scene.labels.astype(np.uint8),
    'instance_map': scene.instances.astype(np.uint16),
    'position': np.arange(BATCH, dtype=np.uint32) + BATCH * step,
    'num_dropped_instances': np.zeros(BATCH, np.int32),
  }


def thinned(_, image):
  """Replaces VGG19's features by every pixel, every second one, and so on."""
  return tuple(image[:, :: 2**k, :: 2**k] for k in range(5))


def thinned_by_twin(image):
  return tuple(image[:, :, :: 2**k, :: 2**k] for k in range(5))


@functools.cache
def first_weights():
  return gan_state.variables(
    {
      name: torch_arrays.state_dict(single)
      for name, (single, _) in twins().items()
    }
  )


@functools.cache
def steps_of_twin(which):
  """Losses and gradients of each step, and the weights after all."""
  networks = {name: pair[which] for name, pair in twins().items()}
  dtype = next(networks['generator'].parameters()).dtype
  step = gaugan_step.Step(**networks, features=thinned_by_twin)
  key = randomness.stream_key(config().seed, randomness.IMAGE_STYLE)
  losses, gradients = [], []
  for k in range(NUM_STEPS):
    scene = scenes.random(BATCH, 64, 128, num_labels=35, seed=k)
    labels = scenes.network_input(
      scene.labels, scene.raw_instances, num_labels=35, use_edges=True
    )
    noise = randomness.example_normal(key, batch(k)['position'], (8,))
    losses_of_step = step(
      labels.to(dtype),
      torch_arrays.to_tensor(scene.scaled_image, dtype),
      torch.from_numpy(np.array(noise)).to(dtype),
    )
    losses.append({name: loss.item() for name, loss in losses_of_step.items()})
    gradients.append(
      params(
        gan_state.variables(
          {name: torch_arrays.gradients(net) for name, net in networks.items()}
        )
      )
    )
  after = {name: torch_arrays.state_dict(net) for name, net in networks.items()}
  return losses, gradients, gan_state.variables(after)


@functools.cache
def our_steps():
  """Likewise, ours."""
  networks = dataclasses.replace(gan.networks(config()), vgg19=thinned)
  optimizers = gan.optimizers(config(), 2975)
  optimizers = step_lib.Optimizers(
    generator=optax.chain(_recorder(), optimizers.generator),
    discriminator=optax.chain(_recorder(), optimizers.discriminator),
  )
  state = gan_state.state(first_weights(), optimizers)
  step = jax.jit(gan.train_step(config(), networks, optimizers, axis_name=None))
  losses, gradients = [], []
  for k in range(NUM_STEPS):
    state, metrics = step(state, batch(k))
    losses.append({name: float(value) for name, value in metrics.items()})
    gradients.append(
      {**state.g_opt_state[0], 'discriminator': state.d_opt_state[0]}
    )
  after = {
    **{
      name: {'params': state.g_params[name], **state.g_stats[name]}
      for name in state.g_params
    },
    'discriminator': {'params': state.d_params, **state.d_stats},
  }
  return losses, gradients, after


def all_steps():
  return our_steps(), steps_of_twin(SINGLE), steps_of_twin(DOUBLE)


def _recorder():
  """Keeps the gradients in its state and passes them on."""
  return optax.GradientTransformation(
    init=lambda params: jax.tree.map(jnp.zeros_like, params),
    update=lambda updates, state, params=None: (updates, updates),
  )


def params(weights):
  return {name: tree['params'] for name, tree in weights.items()}


def leaves(tree):
  """{name: float64 array}."""
  return {
    jax.tree_util.keystr(path): np.asarray(leaf, np.float64)
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
  }


@functools.cache
def parameters_with_gradient():
  """All but the biases that a batch norm takes away again.

  Their gradient is rounding alone, but Adam turns it into steps of full size.
  """
  gradients = steps_of_twin(DOUBLE)[1][0]
  return {
    f'{network}{name}'
    for network in gradients
    for name, gradient in leaves(gradients[network]).items()
    if np.abs(gradient).max() > 1e-12
  }


def test_biases_before_a_batch_norm_have_no_gradient():
  gradients = steps_of_twin(DOUBLE)[1][0]
  names = {
    f'{network}{name}'
    for network in gradients
    for name in leaves(gradients[network])
  }
  without = names - parameters_with_gradient()
  # Both convolutions of 7 blocks but the last of all; beta of the shortcuts
  # of up_0 to up_2.
  assert len(without) == 2 * 7 - 1 + 3
  assert all(name.endswith("['bias']") for name in without)
  assert all(name.startswith('generator') for name in without)


def test_losses_of_every_step():
  ours, single, double = (
    [{name: losses[name] for name in LOSSES} for losses in steps[0]]
    for steps in all_steps()
  )
  precision.assert_as_precise(ours, single, double, floor=1e-5)


@pytest.mark.parametrize('network', gan_state.CONVERT)
def test_all_gradients_of_every_step(network):
  for k in range(NUM_STEPS):
    ours, single, double = (
      {
        name: gradient
        for name, gradient in leaves(steps[1][k][network]).items()
        if f'{network}{name}' in parameters_with_gradient()
      }
      for steps in all_steps()
    )
    precision.assert_as_precise(ours, single, double, floor=5e-5)


@pytest.mark.parametrize('network', gan_state.CONVERT)
def test_parameters_after_the_steps(network):
  """At most 1 element in 10,000 differs by more than 1 % of the rate.

  (Where rounding changes the sign of a gradient, Adam reverses a whole step.)
  """
  rate = 4e-4 if network == 'discriminator' else 1e-4
  before, ours, exact = (
    leaves(weights[network]['params'])
    for weights in (first_weights(), our_steps()[2], steps_of_twin(DOUBLE)[2])
  )
  names = [n for n in exact if f'{network}{n}' in parameters_with_gradient()]
  distance, moved = (
    np.concatenate(
      [np.ravel(np.abs(ours[n] - others[n])) / rate for n in names]
    )
    for others in (exact, before)
  )
  assert np.mean(moved > 0.5) > 0.7
  assert np.mean(distance > 0.01) <= 1e-4


@pytest.mark.parametrize('network', gan_state.CONVERT)
def test_statistics_after_the_steps(network):
  ours, single, double = (steps[2][network] for steps in all_steps())
  precision.assert_as_precise(
    ours['spectral_stats'],
    single['spectral_stats'],
    double['spectral_stats'],
    floor=5e-6,
  )
  if network != 'generator':
    return
  exact = leaves(double['batch_stats'])
  for name, actual in leaves(ours['batch_stats']).items():
    # The means follow the biases that have no gradient.
    tolerance = 1e-3 if name.endswith("['mean']") else 0
    np.testing.assert_allclose(
      actual, exact[name], rtol=1e-4, atol=tolerance, err_msg=name
    )
