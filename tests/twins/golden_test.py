"""The twins are the public networks: they give the reference vectors."""

import functools

import numpy as np
import pytest
import torch

from benchmarks.twins import (
  gaugan_discriminator,
  gaugan_encoder,
  gaugan_generator,
  gaugan_losses,
  torch_arrays,
  vgg19,
)
from tests.golden import recipe
from tests.twins import inception, pspnet, scenes

pytestmark = pytest.mark.slow


CITYSCAPES = 'cityscapes_more_edges'


def relative_error(actual, expected):
  assert actual.shape == expected.shape
  return np.abs(actual - expected).max() / np.abs(expected).max()


def with_golden_weights(network, name, part=None):
  return torch_arrays.load(network, recipe.state_dict(name, part))


def generator():
  return with_golden_weights(
    gaugan_generator.Generator(
      input_channels=36, base=4, image_size=(64, 128), upsampling='more'
    ),
    CITYSCAPES,
    'G',
  )


@functools.cache
def inputs():
  """Labels with edges, and the photograph in [-1, 1]."""
  arrays = recipe.inputs(CITYSCAPES)
  labels = scenes.network_input(
    arrays['label'], arrays['instance'], num_labels=35, use_edges=True
  )
  image = torch_arrays.to_tensor(arrays['image']) / 127.5 - 1
  return labels, image


def test_generator_in_eval_mode():
  with torch.no_grad():
    image = generator().eval()(inputs()[0])
  expected = recipe.expected(CITYSCAPES)['generator_eval']
  assert relative_error(torch_arrays.to_array(image), expected) <= 1e-5


def test_discriminator_on_the_image_of_the_eval_mode():
  discriminator = gaugan_discriminator.Discriminator(input_channels=39, base=8)
  with_golden_weights(discriminator, CITYSCAPES, 'D').eval()
  expected = recipe.expected(CITYSCAPES)
  fake = torch_arrays.to_tensor(expected['generator_eval'])
  with torch.no_grad():
    outputs = discriminator(torch.cat([inputs()[0], fake], 1))
  for scale, layers in enumerate(outputs):
    for layer, features in enumerate(layers):
      wanted = expected[f'disc_{scale}_layer_{layer}_fake']
      assert relative_error(torch_arrays.to_array(features), wanted) <= 1e-5


def test_losses_gradients_and_running_moments_of_training():
  # In float64, which every CPU rounds alike; the reference is in float32, and
  # its image 2.2e-5 from ours: batch norms over few pixels amplify rounding.
  labels, real = (array.double() for array in inputs())
  g = generator().train().double()
  d = gaugan_discriminator.Discriminator(input_channels=39, base=8)
  with_golden_weights(d, CITYSCAPES, 'D').eval().double()
  expected = recipe.expected(CITYSCAPES)

  fake = g(labels)
  assert (
    relative_error(torch_arrays.to_array(fake), expected['generator_train'])
    <= 3e-5
  )
  moments = torch_arrays.state_dict(g.head_0.norm_0.param_free_norm)
  for name in ('running_mean', 'running_var'):
    wanted = expected[f'bn_{name}_after']
    np.testing.assert_allclose(moments[name], wanted, atol=1e-6)

  features = gaugan_losses.discriminate(d, labels, fake, real)
  gan, matching = gaugan_losses.generator_terms(*features)
  np.testing.assert_allclose(gan.item(), expected['loss_g_gan'], rtol=1e-5)
  np.testing.assert_allclose(
    matching.item(), expected['loss_g_feat'], rtol=1e-5
  )
  (gan + matching).backward()
  check_grad_norms(g, 'G')

  d.zero_grad()
  features = gaugan_losses.discriminate(d, labels, fake.detach(), real)
  loss_fake, loss_real = gaugan_losses.discriminator_terms(*features)
  for loss, name in ((loss_fake, 'fake'), (loss_real, 'real')):
    wanted = expected[f'loss_d_{name}']
    np.testing.assert_allclose(loss.item(), wanted, rtol=1e-5)
  (loss_fake + loss_real).backward()
  check_grad_norms(d, 'D')


def check_grad_norms(network, name):
  """Within 5e-4, or 1e-5 of the largest norm where rounding is all.

  The reference's own rounding, in float32, is up to 3.4e-4 of a norm.
  """
  expected = recipe.grad_norms(CITYSCAPES)[name]
  norms = {
    key: parameter.grad.norm().item()
    for key, parameter in network.named_parameters()
  }
  assert norms.keys() == expected.keys()
  largest = max(expected.values())
  for key, norm in expected.items():
    assert abs(norms[key] - norm) <= max(5e-4 * norm, 1e-5 * largest), key


def test_generator_with_a_latent():
  name = 'label_only_normal_vae'
  arrays = recipe.inputs(name)
  labels = scenes.network_input(
    arrays['label'], None, num_labels=35, use_edges=False
  )
  g = gaugan_generator.Generator(
    input_channels=35,
    base=4,
    image_size=(64, 128),
    upsampling='normal',
    latent=256,
  )
  with_golden_weights(g, name, 'G').eval()
  with torch.no_grad():
    image = g(labels, torch.from_numpy(arrays['z']))
  expected = recipe.expected(name)['generator_eval']
  assert relative_error(torch_arrays.to_array(image), expected) <= 1e-5


def test_encoder():
  encoder = with_golden_weights(
    gaugan_encoder.Encoder(base=4), 'encoder', 'E'
  ).eval()
  image = torch_arrays.to_tensor(recipe.inputs('encoder')['image']) / 127.5 - 1
  with torch.no_grad():
    moments = encoder(image)
  expected = recipe.expected('encoder')
  for actual, name in zip(moments, ('mu', 'logvar'), strict=True):
    assert relative_error(actual.numpy(), expected[name]) <= 1e-5


def test_vgg19_and_the_perceptual_loss():
  arrays, expected = recipe.inputs('vgg19'), recipe.expected('vgg19')
  network = vgg19.Vgg19()
  used = network.state_dict()
  weights = {
    key: value
    for key, value in recipe.state_dict('vgg19').items()
    if key in used
  }
  torch_arrays.load(network, weights)
  with torch.no_grad():
    features, real = (
      network(torch_arrays.to_tensor(arrays[name])) for name in ('x', 'y')
    )
  for i, feature in enumerate(features):
    means = feature.mean((2, 3)).numpy()
    assert relative_error(means, expected[f'relu{i + 1}_1']) <= 1e-5
  loss = gaugan_losses.perceptual(features, real)
  np.testing.assert_allclose(loss.item(), expected['loss'], rtol=1e-5)


def test_inception():
  name = 'inception_fid'
  weights = recipe.state_dict(name)
  network = inception.Inception()
  if 'fc.weight' not in weights:
    del network.fc
  torch_arrays.load(network, weights).eval()
  images = torch_arrays.to_tensor(recipe.inputs(name)['image']) / 255
  with torch.no_grad():
    features = network(inception.preprocess(images))
  expected = recipe.expected(name)
  for block, actual in enumerate(features):
    wanted = expected[f'block{block}_mean']
    assert relative_error(actual.numpy(), wanted) <= 1e-5


def test_pspnet_of_semseg():
  name, prefix = 'pspnet101', 'module.'
  network = pspnet.Semseg()
  weights = {
    key.removeprefix(prefix): value
    for key, value in recipe.state_dict(name).items()
  }
  if not any(key.startswith('aux.') for key in weights):
    del network.aux
  torch_arrays.load(network, weights).eval()
  images = pspnet.preprocess(
    torch_arrays.to_tensor(recipe.inputs(name)['image'])
  )
  with torch.no_grad():
    logits = torch_arrays.to_array(network(images))
  expected = recipe.expected(name)['logits_stride4']
  assert relative_error(logits[:, ::4, ::4], expected) <= 1e-5
