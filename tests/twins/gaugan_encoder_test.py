"""Our style encoder and its divergence are GauGAN's."""

import functools

import jax
import pytest
import torch

from benchmarks.twins import gaugan_encoder, gaugan_losses, torch_arrays
from instgan_jax.losses import kl
from instgan_jax.models import encoder
from instgan_jax.weights import gaugan
from tests.twins import precision, pytorch, scenes


@functools.cache
def twins():
  return pytorch.twins(lambda: gaugan_encoder.Encoder(base=2, latent=8))


def encode_with_twin(twin, image, *, train):
  """The results of `encode`, of a twin."""
  before = torch_arrays.state_dict(twin)
  with torch.no_grad():
    mean, log_variance = twin.train(train)(
      torch_arrays.to_tensor(image, twin.fc_mu.weight.dtype)
    )
  stats = gaugan.encoder_variables(torch_arrays.state_dict(twin))[
    'spectral_stats'
  ]
  torch_arrays.load(twin, before)
  divergence = gaugan_losses.divergence(mean, log_variance)
  return mean.numpy(), log_variance.numpy(), divergence.item(), stats


@functools.partial(jax.jit, static_argnames='train')
def encode(variables, image, train):
  """Ours: the moments, their divergence and the statistics."""
  (mean, log_variance), stats = encoder.StyleEncoder(
    base_channels=2, style_dim=8
  ).apply(variables, image, train=train, mutable=['spectral_stats'])
  divergence = kl.kl_loss(mean=mean, log_variance=log_variance)
  return mean, log_variance, divergence, stats['spectral_stats']


@pytest.mark.parametrize(
  ('size', 'train'),
  [((64, 128), True), ((256, 256), False), ((270, 530), False)],
)
def test_moments_divergence_and_statistics(size, train):
  image = scenes.random(2, *size).scaled_image
  variables = gaugan.encoder_variables(torch_arrays.state_dict(twins()[0]))
  ours = encode(variables, image, train)
  single, double = (
    encode_with_twin(twin, image, train=train) for twin in twins()
  )
  precision.assert_as_precise(ours, single, double, floor=2e-6)
  moved = precision.errors(variables['spectral_stats'], double[-1])
  assert all((error > 1e-4) == train for error in moved.values())
