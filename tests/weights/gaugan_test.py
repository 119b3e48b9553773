import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.models import discriminator, encoder, generator
from instgan_jax.weights import gaugan
from tests.golden import recipe

pytestmark = pytest.mark.slow


CITYSCAPES = 'cityscapes_more_edges'


def tree_shapes(tree):
  return jax.tree.map(jnp.shape, tree)


def initial_shapes(module, *args):
  return tree_shapes(
    jax.eval_shape(
      functools.partial(module.init, train=False), jax.random.key(0), *args
    )
  )


@functools.cache
def weights(name, network):
  return recipe.state_dict(name, network)


MAPS = (jnp.zeros((1, 64, 128), jnp.int32),) * 2


def test_converted_variables_are_those_of_the_modules():
  g = generator.Generator(
    base_channels=4, image_size=(64, 128), use_edges=True, use_instances=False
  )
  d = discriminator.MultiscaleDiscriminator(base_channels=8, use_edges=True)
  e = encoder.StyleEncoder(base_channels=4)
  image = jnp.zeros((1, 64, 128, 3))
  for converted, module, args in (
    (gaugan.generator_variables(weights(CITYSCAPES, 'G')), g, MAPS),
    (
      gaugan.discriminator_variables(weights(CITYSCAPES, 'D')),
      d,
      (*MAPS, image),
    ),
    (gaugan.encoder_variables(weights('encoder', 'E')), e, (image,)),
  ):
    assert tree_shapes(converted) == initial_shapes(module, *args)


@pytest.mark.parametrize('upsampling', ['more', 'most'])
@pytest.mark.parametrize('base_channels', [2, 4])
def test_architecture_is_read_from_the_shapes(upsampling, base_channels):
  is_most = upsampling == 'most'
  state_dict = dict(weights(CITYSCAPES, 'G'))
  if base_channels == 2:
    shapes = {k: (v.shape, 2) for k, v in state_dict.items()}
    state_dict = {
      k: np.zeros(narrowed(k, shape)) for k, (shape, _) in shapes.items()
    }
  if is_most:
    state_dict |= last_block(base_channels)
  assert gaugan.generator_options(state_dict) == {
    'base_channels': base_channels,
    'hidden_channels': 128,
    'input_channels': 36,
    'image_style_dim': 0,
    'first_pixels': 0,
    'is_most': is_most,
  }
  variables = gaugan.generator_variables(state_dict)
  module = generator.Generator(
    base_channels=base_channels,
    image_size=(128, 256),
    use_edges=True,
    use_instances=False,
    upsampling=upsampling,
  )
  maps = (jnp.zeros((1, 128, 256), jnp.int32),) * 2
  assert tree_shapes(variables) == initial_shapes(module, *maps)


def narrowed(key, shape):
  """The shape of a generator of half the width."""
  kept = {3, 36, 128}
  if key.endswith('weight_v'):
    return (shape[0] // 2,)
  spatial = shape[2:]
  return (*(c if c in kept else c // 2 for c in shape[:2]), *spatial)


def last_block(base):
  """up_4 and conv_img of the upsampling 'most'."""
  half = base // 2
  block = {
    'conv_0.bias': (half,),
    'conv_0.weight_orig': (half, base, 3, 3),
    'conv_0.weight_u': (half,),
    'conv_0.weight_v': (9 * base,),
    'conv_1.bias': (half,),
    'conv_1.weight_orig': (half, half, 3, 3),
    'conv_1.weight_u': (half,),
    'conv_1.weight_v': (9 * half,),
    'conv_s.weight_orig': (half, base, 1, 1),
    'conv_s.weight_u': (half,),
    'conv_s.weight_v': (base,),
  }
  for norm, channels in (('norm_0', base), ('norm_1', half), ('norm_s', base)):
    block |= {
      f'{norm}.param_free_norm.running_mean': (channels,),
      f'{norm}.param_free_norm.running_var': (channels,),
      f'{norm}.param_free_norm.num_batches_tracked': (),
      f'{norm}.mlp_shared.0.weight': (128, 36, 3, 3),
      f'{norm}.mlp_shared.0.bias': (128,),
      f'{norm}.mlp_gamma.weight': (channels, 128, 3, 3),
      f'{norm}.mlp_gamma.bias': (channels,),
      f'{norm}.mlp_beta.weight': (channels, 128, 3, 3),
      f'{norm}.mlp_beta.bias': (channels,),
    }
  shapes = {f'up_4.{name}': shape for name, shape in block.items()}
  shapes['conv_img.weight'] = (3, half, 3, 3)
  return {key: np.zeros(shape) for key, shape in shapes.items()}


def test_kernels_and_singular_vectors_are_reordered_alike():
  # sigma = u^T W v must be the same in both layouts.
  state_dict = weights(CITYSCAPES, 'G')
  variables = gaugan.generator_variables(state_dict)
  kernel = variables['params']['up_0']['conv_0']['kernel']
  stats = variables['spectral_stats']['up_0']['conv_0']
  theirs = state_dict['up_0.conv_0.weight_orig'].reshape(32, -1)
  expected = (
    state_dict['up_0.conv_0.weight_u']
    @ theirs
    @ state_dict['up_0.conv_0.weight_v']
  )
  sigma = stats['v'] @ kernel.reshape(-1, 32) @ stats['u']
  np.testing.assert_allclose(sigma, expected, rtol=1e-5)


def test_every_wrong_name_is_listed():
  state_dict = dict(weights(CITYSCAPES, 'G'))
  del state_dict['up_1.conv_s.weight_u']
  del state_dict['head_0.norm_1.param_free_norm.running_var']
  state_dict['conv_img.bias'] = np.zeros(4)
  state_dict['up_9.conv_0.bias'] = np.zeros(7)
  with pytest.raises(InputError) as error:
    gaugan.generator_variables(state_dict)
  message = str(error.value)
  assert '4 names differ' in message
  for line in (
    'missing: up_1.conv_s.weight_u (16,) (ours: spectral_stats/up_1/conv_s/u)',
    'missing: head_0.norm_1.param_free_norm.running_var (64,) '
    '(ours: batch_stats/head_0/norm_1/norm/var)',
    'misshapen: conv_img.bias is (4,), expected (3,) '
    '(ours: params/conv_img/bias)',
    'extra: up_9.conv_0.bias (7,) (ours: none)',
  ):
    assert f'  {line}\n' in message


@pytest.mark.parametrize(
  ('convert', 'name', 'network'),
  [
    (gaugan.discriminator_variables, CITYSCAPES, 'D'),
    (gaugan.encoder_variables, 'encoder', 'E'),
  ],
)
def test_missing_and_extra_names_of_the_other_networks(convert, name, network):
  state_dict = dict(weights(name, network))
  last = list(state_dict)[-1]
  state_dict['foreign.bias'] = state_dict.pop(last)
  with pytest.raises(InputError) as error:
    convert(state_dict)
  assert f'missing: {last} ' in str(error.value)
  assert 'extra: foreign.bias ' in str(error.value)


def test_another_network_is_refused():
  with pytest.raises(InputError, match='has no head_0.norm_0.*architecture'):
    gaugan.generator_variables(weights(CITYSCAPES, 'D'))
