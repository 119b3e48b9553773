"""Our VGG19 and perceptual loss are GauGAN's, the image's gradient included."""

import functools

import jax
import pytest

from benchmarks.twins import gaugan_losses, torch_arrays, vgg19
from instgan_jax.losses import perceptual
from instgan_jax.pretrained import vgg19 as our_vgg19
from instgan_jax.weights import vgg19 as vgg19_weights
from tests.twins import precision, pytorch, scenes

pytestmark = pytest.mark.slow


def distance_with_twin(twin, fake, real):
  dtype = next(twin.parameters()).dtype
  fake = torch_arrays.to_tensor(fake, dtype).requires_grad_()
  features = twin(fake)
  loss = gaugan_losses.perceptual(
    features, twin(torch_arrays.to_tensor(real, dtype))
  )
  loss.backward()
  return (
    loss.item(),
    tuple(map(torch_arrays.to_array, features)),
    torch_arrays.to_array(fake.grad),
  )


@jax.jit
@functools.partial(jax.value_and_grad, has_aux=True)
def distance(fake, real, variables):
  """Ours: the loss, the features of the fake and its gradient."""
  network = our_vgg19.Vgg19()
  features = network.apply(variables, fake)
  loss = perceptual.perceptual_loss(
    real_features=network.apply(variables, real), fake_features=features
  )
  return loss, features


def test_features_loss_and_gradient():
  fake, real = (
    scenes.random(1, 35, 50, seed=seed).scaled_image for seed in (1, 0)
  )
  single, double = pytorch.twins(vgg19.Vgg19)
  variables = vgg19_weights.vgg19_variables(torch_arrays.state_dict(single))

  (value, features), gradient = distance(fake, real, variables)
  ours = value, features, gradient
  single, double = (
    distance_with_twin(twin, fake, real) for twin in (single, double)
  )
  precision.assert_as_precise(ours, single, double, floor=2e-6)
