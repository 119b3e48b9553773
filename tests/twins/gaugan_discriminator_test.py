"""Our discriminator and the losses on it are GauGAN's, gradients included."""

import functools
from typing import NamedTuple

import jax
import numpy as np
import pytest
import torch

from benchmarks.twins import gaugan_discriminator, gaugan_losses, torch_arrays
from instgan_jax.losses import adversarial, feature_matching
from instgan_jax.models import discriminator
from instgan_jax.weights import gaugan
from tests.twins import precision, pytorch, scenes

pytestmark = pytest.mark.slow


NUM_LABELS = 6


class Form(NamedTuple):
  num_scales: int
  num_layers: int
  use_edges: bool
  image_size: tuple[int, int]


# The second one's maps are of 45, 23, 12 and 7, 4, 5 rows and so on.
FORMS = (Form(1, 4, True, (64, 96)), Form(3, 3, False, (45, 75)))


@functools.cache
def twins(form):
  return pytorch.twins(
    lambda: gaugan_discriminator.Discriminator(
      input_channels=NUM_LABELS + form.use_edges + 3,
      base=4,
      num_layers=form.num_layers,
      num_scales=form.num_scales,
    )
  )


def images(form):
  """Fake and real ones, in [-1, 1]."""
  return tuple(
    scenes.random(2, *form.image_size, seed=seed).scaled_image
    for seed in (1, 0)
  )


def discriminate_with_twin(twin, form):
  """The results of `discriminate`, of a twin in training mode."""
  dtype = next(twin.parameters()).dtype
  scene = scenes.random(2, *form.image_size)
  labels = scenes.network_input(
    scene.labels,
    scene.raw_instances,
    num_labels=NUM_LABELS,
    use_edges=form.use_edges,
  ).to(dtype)
  fake, real = (torch_arrays.to_tensor(image, dtype) for image in images(form))
  fake.requires_grad_()
  features = gaugan_losses.discriminate(twin.train(), labels, fake, real)
  d_loss = sum(gaugan_losses.discriminator_terms(*features))
  g_loss = sum(gaugan_losses.generator_terms(*features))
  (fake_grad,) = torch.autograd.grad(g_loss, fake, retain_graph=True)
  d_loss.backward()
  variables = gaugan.discriminator_variables(torch_arrays.gradients(twin))
  features = jax.tree.map(torch_arrays.to_array, features)
  return {
    'features': tuple(tuple(map(tuple, scales)) for scales in features),
    'losses': (d_loss.item(), g_loss.item()),
    'd_grads': variables['params'],
    'fake_grad': torch_arrays.to_array(fake_grad),
    'stats': variables['spectral_stats'],
  }


@functools.partial(jax.jit, static_argnames='form')
def discriminate(variables, form):
  """Ours: features, losses, gradients and the statistics after one pass."""
  scene = scenes.random(2, *form.image_size)
  maps = scene.labels, scene.instances
  network = discriminator.MultiscaleDiscriminator(
    num_labels=NUM_LABELS,
    base_channels=4,
    num_layers=form.num_layers,
    num_scales=form.num_scales,
    use_edges=form.use_edges,
  )
  fake, real = images(form)

  def losses(params, fake):
    fake_features, stats = network.apply(
      {**variables, 'params': params},
      *maps,
      fake,
      train=True,
      mutable=['spectral_stats'],
    )
    real_features = network.apply(
      {'params': params, **stats}, *maps, real, train=True
    )
    d_loss = adversarial.multiscale_hinge_discriminator_loss(
      real_features=real_features, fake_features=fake_features
    )
    g_loss = adversarial.multiscale_hinge_generator_loss(
      fake_features=fake_features
    ) + 10 * feature_matching.feature_matching_loss(
      real_features=real_features, fake_features=fake_features
    )
    return (d_loss, g_loss), ((fake_features, real_features), stats)

  values, pullback, (features, stats) = jax.vjp(
    losses, variables['params'], fake, has_aux=True
  )
  return {
    'features': features,
    'losses': values,
    'd_grads': pullback((1.0, 0.0))[0],
    'fake_grad': pullback((0.0, 1.0))[1],
    'stats': stats['spectral_stats'],
  }


@pytest.mark.parametrize('form', FORMS, ids=lambda f: f'{f[0]}-{f[1]}')
def test_features_losses_gradients_and_statistics(form):
  single, double = twins(form)
  variables = gaugan.discriminator_variables(torch_arrays.state_dict(single))
  ours = discriminate(variables, form)
  single, double = (
    discriminate_with_twin(twin, form) for twin in (single, double)
  )
  precision.assert_as_precise(ours, single, double, floor=2e-5)
  # Logits on both sides of the kink of the hinge.
  logits = np.asarray(ours['features'][1][0][-1])
  assert np.any(logits > 1) and np.any(logits < 1)
  moved = precision.errors(variables['spectral_stats'], double['stats'])
  assert min(moved.values()) > 1e-4
