import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import batch_norm, mimlp, position_map
from tests.models import random_arrays

CHANNELS, STYLE_CHANNELS = 6, 32
SIZE = (12, 20)


random = random_arrays.normal


def instances_of(num_instances, *, frequencies=None, seed=0):
  rng = np.random.default_rng(seed)
  ids = rng.integers(0, num_instances + 1, (2, SIZE[0] // 2, SIZE[1] // 2))
  ids = ids.repeat(2, 1).repeat(2, 2).astype(np.uint16)
  basis = None
  if frequencies:
    position = position_map.relative_position(ids, num_instances=num_instances)
    basis = position_map.position_basis(
      position, num_channels=STYLE_CHANNELS, frequencies=frequencies
    )
  styles = random((2, num_instances, STYLE_CHANNELS), seed + 1)
  return mimlp.Instances(styles, ids, basis)


def heads(kernel_size=1, seed=3):
  shape = (kernel_size, kernel_size, STYLE_CHANNELS, 2 * CHANNELS)
  return {'kernel': random(shape, seed), 'bias': random(shape[-1:], seed + 1)}


def literal_style_map(instances):
  """E = sum_i f(z_i) * mask_i (+ P), with all N masks."""
  styles, ids, basis = instances
  numbers = np.arange(1, styles.shape[1] + 1).reshape(1, -1, 1, 1)
  masks = (ids[:, None] == numbers).astype(np.float32)
  style_map = jnp.sum(styles[:, :, None, None] * masks[..., None], axis=1)
  if basis is not None:
    style_map = style_map + position_map.position_map(basis)
  return style_map


def literal_modulation(params, instances):
  """The heads on E, with a bias inside instances only."""
  y = jax.lax.conv_general_dilated(
    literal_style_map(instances),
    params['kernel'],
    (1, 1),
    'SAME',
    dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
  )
  is_inside = (instances.instance_map > 0)[..., None]
  y = (y + params['bias'].reshape(1, 1, 1, -1)) * is_inside
  return jnp.split(y, 2, axis=-1)


@pytest.mark.parametrize('frequencies', [None, 'paper', 'octaves'])
@pytest.mark.parametrize(
  ('num_instances', 'kernel_size'), [(0, 1), (1, 1), (7, 1), (200, 1), (7, 3)]
)
def test_modulation_equals_equation_1_and_so_do_its_gradients(
  num_instances, kernel_size, frequencies
):
  instances = instances_of(num_instances, frequencies=frequencies)
  params = heads(kernel_size)
  weights = random((2, *SIZE, CHANNELS), seed=5)
  module = mimlp.InstanceModulation(CHANNELS, kernel_size)

  def loss(function):
    def apply(params, styles):
      gamma, beta = function(params, instances._replace(styles=styles))
      return jnp.sum(weights * gamma + jnp.cos(beta)), (gamma, beta)

    grad = jax.jit(jax.grad(apply, argnums=(0, 1), has_aux=True))
    return grad(params, instances.styles)

  actual = loss(lambda params, x: module.apply({'params': params}, x))
  expected = loss(literal_modulation)
  for a, b in zip(
    jax.tree.leaves(actual), jax.tree.leaves(expected), strict=True
  ):
    largest = np.max(np.abs(b), initial=0.0)
    np.testing.assert_allclose(a, b, atol=1e-5 * largest)


@pytest.mark.parametrize('frequencies', [None, 'paper', 'octaves'])
def test_few_operations_give_the_same(frequencies):
  instances = instances_of(200, frequencies=frequencies)
  kernel, bias = (
    random((1, 1, STYLE_CHANNELS, 2 * CHANNELS)),
    random(2 * CHANNELS),
  )
  many, few = (
    mimlp.modulate_pixels(
      instances, kernel, bias, dtype=jnp.float32, few_operations=few_operations
    )
    for few_operations in (False, True)
  )
  np.testing.assert_allclose(many, few, atol=1e-5)


@pytest.mark.parametrize('frequencies', [None, 'paper', 'octaves'])
def test_both_forms_of_a_1x1_head_agree(frequencies):
  instances = instances_of(7, frequencies=frequencies)
  params = heads(kernel_size=1)
  actual, expected = (
    form(instances, params['kernel'], params['bias'], dtype=jnp.float32)
    for form in (mimlp.modulate_neighborhoods, mimlp.modulate_pixels)
  )
  np.testing.assert_allclose(actual, expected, atol=1e-5)


def test_one_instance_over_the_whole_image_is_adain():
  # AdaIN: (1 + gamma) (x - mean) / deviation + beta, a pair for each channel,
  # moments over the pixels of the one image.
  style = random((1, 1, STYLE_CHANNELS), seed=0)
  ids = jnp.ones((1, *SIZE), jnp.uint16)
  params = heads()
  gamma, beta = mimlp.InstanceModulation(CHANNELS).apply(
    {'params': params}, mimlp.Instances(style, ids, None)
  )
  x = 3 + 2 * random((1, *SIZE, CHANNELS), seed=7)
  moments = {'mean': jnp.zeros(CHANNELS), 'var': jnp.ones(CHANNELS)}
  x_hat = batch_norm.SyncBatchNorm().apply(
    {'batch_stats': moments}, x, train=True
  )
  projected = style[0, 0] @ params['kernel'][0, 0] + params['bias']
  scale, shift = np.split(np.asarray(projected), 2)
  pixels = np.asarray(x).reshape(-1, CHANNELS)
  adain = (1 + scale) * (pixels - pixels.mean(0)) / pixels.std(0) + shift
  np.testing.assert_allclose(
    x_hat * (1 + gamma) + beta, adain.reshape(x.shape), atol=1e-4
  )


@pytest.mark.parametrize('kernel_size', [1, 3])
def test_renumbering_instances_with_their_styles_changes_nothing(kernel_size):
  instances = instances_of(7, frequencies='paper')
  order = np.random.default_rng(0).permutation(7)
  numbers = np.concatenate([[0], np.argsort(order) + 1]).astype(np.uint16)
  renumbered = instances._replace(
    styles=instances.styles[:, order],
    instance_map=numbers[instances.instance_map],
  )
  apply = jax.jit(mimlp.InstanceModulation(CHANNELS, kernel_size).apply)
  variables = {'params': heads(kernel_size)}
  for actual, expected in zip(
    apply(variables, renumbered), apply(variables, instances), strict=True
  ):
    np.testing.assert_allclose(actual, expected, atol=1e-5)


@pytest.mark.parametrize('kernel_size', [1, 3])
def test_a_pixel_outside_every_instance_gets_nothing(kernel_size):
  instances = instances_of(7, frequencies='paper')
  module = mimlp.InstanceModulation(CHANNELS, kernel_size)
  outside = np.asarray(instances.instance_map == 0)
  assert outside.any()
  for values in module.apply({'params': heads(kernel_size)}, instances):
    np.testing.assert_array_equal(np.asarray(values)[outside], 0)
    assert np.all(np.asarray(values)[~outside] != 0)


def test_heads_start_at_zero():
  instances = instances_of(7, frequencies='paper')
  module = mimlp.InstanceModulation(CHANNELS)
  variables = jax.jit(module.init)(jax.random.key(0), instances)
  assert jax.tree.map(jnp.shape, variables) == {
    'params': {
      'kernel': (1, 1, STYLE_CHANNELS, 2 * CHANNELS),
      'bias': (2 * CHANNELS,),
    }
  }
  for values in module.apply(variables, instances):
    np.testing.assert_array_equal(values, jnp.zeros((2, *SIZE, CHANNELS)))


def test_styles_of_instances_do_not_mix():
  latents = random((2, 5, 64), seed=0)
  module = mimlp.InstanceStyle(STYLE_CHANNELS)
  variables = jax.jit(module.init)(jax.random.key(0), latents)
  apply = jax.jit(module.apply)
  styles = apply(variables, latents)
  others = latents.copy()
  others[0, 2] = 0.0
  changed = apply(variables, others)
  assert styles.shape == (2, 5, STYLE_CHANNELS)
  is_same = np.all(np.isclose(styles, changed, atol=1e-6), axis=-1)
  assert is_same.sum() == 9
  assert not is_same[0, 2]
