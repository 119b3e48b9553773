"""Our networks give the numbers of the public GauGAN networks."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.losses import adversarial, feature_matching
from instgan_jax.models import discriminator, encoder, generator
from instgan_jax.weights import gaugan
from tests.golden import recipe

pytestmark = pytest.mark.slow


CITYSCAPES = 'cityscapes_more_edges'
STATS = ['batch_stats', 'spectral_stats']


def dense(instance_ids):
  """Ids 1..N of the objects, 0 elsewhere, per image."""
  maps = []
  for ids in instance_ids.astype(np.int32):
    things = np.unique(ids[ids >= 1000])
    maps.append(np.where(ids >= 1000, np.searchsorted(things, ids) + 1, 0))
  return np.stack(maps)


def scaled(image):
  return image.astype(np.float32) / 127.5 - 1


@functools.cache
def cityscapes():
  """Both networks with their weights, the inputs and what is expected."""
  inputs = recipe.inputs(CITYSCAPES)
  maps = inputs['label'], dense(inputs['instance'])
  g = generator.Generator(
    base_channels=4, image_size=(64, 128), use_edges=True, use_instances=False
  )
  d = discriminator.MultiscaleDiscriminator(base_channels=8, use_edges=True)
  g_variables = gaugan.generator_variables(recipe.state_dict(CITYSCAPES, 'G'))
  d_variables = gaugan.discriminator_variables(
    recipe.state_dict(CITYSCAPES, 'D')
  )
  real = scaled(inputs['image'])
  return g, g_variables, d, d_variables, maps, real


def relative_error(actual, expected):
  return np.abs(actual - expected).max() / np.abs(expected).max()


def test_generator_in_eval_mode():
  g, variables, _, _, maps, _ = cityscapes()
  image = jax.jit(functools.partial(g.apply, train=False))(variables, *maps)
  expected = recipe.expected(CITYSCAPES)['generator_eval']
  assert np.abs(image - expected).max() <= 1e-4


def test_generator_in_training_mode_and_its_running_moments():
  (_, (_, _, image, stats)), _ = generator_losses_and_gradients()
  expected = recipe.expected(CITYSCAPES)
  assert np.abs(image - expected['generator_train']).max() <= 5e-4
  moments = stats['batch_stats']['head_0']['norm_0']['norm']
  np.testing.assert_allclose(
    moments['mean'], expected['bn_running_mean_after'], atol=1e-5
  )
  np.testing.assert_allclose(
    moments['var'], expected['bn_running_var_after'], atol=1e-5
  )


@functools.cache
def outputs_for_fake():
  _, _, d, variables, maps, _ = cityscapes()
  fake = recipe.expected(CITYSCAPES)['generator_eval']
  return jax.jit(functools.partial(d.apply, train=False))(
    variables, *maps, fake
  )


@pytest.mark.parametrize('scale', range(2))
@pytest.mark.parametrize('layer', range(5))
def test_discriminator_outputs(scale, layer):
  expected = recipe.expected(CITYSCAPES)[f'disc_{scale}_layer_{layer}_fake']
  actual = outputs_for_fake()[scale][layer]
  assert actual.shape == expected.shape
  assert relative_error(actual, expected) <= 1e-4


def generator_losses(params):
  """GAN and feature matching (times 10), D in eval mode; image, statistics."""
  g, variables, d, d_variables, maps, real = cityscapes()
  fake, stats = g.apply(
    {**variables, 'params': params}, *maps, train=True, mutable=STATS
  )
  fake_features = d.apply(d_variables, *maps, fake, train=False)
  real_features = d.apply(d_variables, *maps, real, train=False)
  gan = adversarial.multiscale_hinge_generator_loss(fake_features=fake_features)
  matching = 10 * feature_matching.feature_matching_loss(
    real_features=real_features, fake_features=fake_features
  )
  return gan + matching, (gan, matching, fake, stats)


@functools.cache
def generator_losses_and_gradients():
  return jax.jit(jax.value_and_grad(generator_losses, has_aux=True))(
    cityscapes()[1]['params']
  )


def discriminator_loss(params):
  _, _, d, variables, maps, real = cityscapes()
  variables = {**variables, 'params': params}
  fake = recipe.expected(CITYSCAPES)['generator_train']
  return adversarial.multiscale_hinge_discriminator_loss(
    real_features=d.apply(variables, *maps, real, train=False),
    fake_features=d.apply(variables, *maps, fake, train=False),
  )


def check_grad_norms(gradients, network, to_ours):
  """Every norm within 1e-3, or 1e-5 of the largest norm if near zero."""
  expected = recipe.grad_norms(CITYSCAPES)[network]
  largest = max(expected.values())
  ours = dict(leaf_norms(gradients))
  assert len(ours) == len(expected)
  for key, norm in expected.items():
    error = abs(ours[to_ours(key)] - norm)
    assert error <= max(1e-3 * norm, 1e-5 * largest), key


def leaf_norms(tree):
  for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
    name = '/'.join(entry.key for entry in path)
    yield name, float(np.linalg.norm(np.asarray(leaf, np.float64)))


def our_generator_name(key):
  for theirs, ours in (
    ('G_middle', 'middle'),
    ('mlp_shared.0', 'shared'),
    ('mlp_', ''),
    ('weight_orig', 'kernel'),
    ('weight', 'kernel'),
    ('.', '/'),
  ):
    key = key.replace(theirs, ours)
  return key


def our_discriminator_name(key):
  scale, layer, *_, name = key.split('.')
  scale = scale.replace('discriminator', 'scale')
  name = 'bias' if name == 'bias' else 'kernel'
  return f'{scale}/{layer.replace("model", "layer_")}/{name}'


def test_generator_losses_and_gradients():
  (_, (gan, matching, _, _)), gradients = generator_losses_and_gradients()
  expected = recipe.expected(CITYSCAPES)
  np.testing.assert_allclose(gan, expected['loss_g_gan'], rtol=1e-4)
  np.testing.assert_allclose(matching, expected['loss_g_feat'], rtol=1e-4)
  check_grad_norms(gradients, 'G', our_generator_name)


def test_discriminator_loss_and_gradients():
  variables = cityscapes()[3]
  loss, gradients = jax.jit(jax.value_and_grad(discriminator_loss))(
    variables['params']
  )
  expected = recipe.expected(CITYSCAPES)
  both = expected['loss_d_fake'] + expected['loss_d_real']
  np.testing.assert_allclose(loss, both, rtol=1e-4)
  check_grad_norms(gradients, 'D', our_discriminator_name)


def test_generator_with_a_latent():
  name = 'label_only_normal_vae'
  inputs = recipe.inputs(name)
  g = generator.Generator(
    base_channels=4,
    image_size=(64, 128),
    upsampling='normal',
    use_instances=False,
    image_style_dim=256,
  )
  variables = gaugan.generator_variables(recipe.state_dict(name, 'G'))
  image = jax.jit(functools.partial(g.apply, train=False))(
    variables, inputs['label'], dense(inputs['instance']), None, inputs['z']
  )
  expected = recipe.expected(name)['generator_eval']
  assert np.abs(image - expected).max() <= 1e-4


def test_encoder():
  variables = gaugan.encoder_variables(recipe.state_dict('encoder', 'E'))
  image = jnp.asarray(scaled(recipe.inputs('encoder')['image']))
  e = encoder.StyleEncoder(base_channels=4)
  mean, log_variance = jax.jit(functools.partial(e.apply, train=False))(
    variables, image
  )
  expected = recipe.expected('encoder')
  assert relative_error(mean, expected['mu']) <= 1e-4
  assert relative_error(log_variance, expected['logvar']) <= 1e-4
