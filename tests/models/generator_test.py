import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import generator
from tests.models import random_arrays

pytestmark = pytest.mark.slow


STATS = ['batch_stats', 'spectral_stats']
SIZE = (32, 64)
NUM_INSTANCES = 9
METHODS = {
  'l': {'use_instances': False},
  'li': {'use_position_map': False},
  'lip': {},
}
# Added to the parameters of L by the other two.
ADDED = ('instance_style', 'instance')


def small(method='lip', **fields):
  fields = {
    'num_labels': 6,
    'base_channels': 2,
    'upsampling': 'normal',
    'image_size': SIZE,
    'hidden_channels': 4,
    'num_instances': NUM_INSTANCES,
    'style_channels': 8,
    **METHODS[method],
    **fields,
  }
  return generator.Generator(**fields)


def inputs(batch=2, num_instances=NUM_INSTANCES):
  rng = np.random.default_rng(0)
  labels = rng.integers(0, 6, (batch, 8, 16)).repeat(4, 1).repeat(4, 2)
  ids = rng.integers(0, NUM_INSTANCES + 1, (batch, 8, 16))
  ids = ids.repeat(4, 1).repeat(4, 2)
  latents = rng.standard_normal((batch, num_instances, 64))
  return (
    labels.astype(np.uint8),
    ids.astype(np.uint16),
    latents.astype(np.float32),
  )


def shapes(module, *args):
  return random_arrays.shapes(module, *args)


@functools.cache
def tree_of(module):
  """Shapes and dtypes of the variables."""
  return shapes(module, *inputs())


@functools.cache
def variables_of(module):
  return random_arrays.variables(module, *inputs())


@functools.cache
def generation(module, train=False):
  """(variables, *inputs) -> (image, statistics): compiled, numpy arrays."""
  apply = jax.jit(functools.partial(module.apply, train=train, mutable=STATS))
  return lambda *args: jax.device_get(apply(*args))


def generate(module, variables, *args):
  return generation(module)(variables, *args)[0]


def parameter_count(tree):
  return sum(leaf.size for leaf in jax.tree.leaves(tree))


def without_added(tree):
  return {
    name: without_added(subtree) if isinstance(subtree, dict) else subtree
    for name, subtree in tree.items()
    if name not in ADDED
  }


def with_zero_heads(tree, l_tree):
  """The tree of L+I(+P) with L's values, heads at zero, any shared MLP."""
  merged = {}
  for name, subtree in tree.items():
    if name == 'instance':
      merged[name] = jax.tree.map(np.zeros_like, subtree)
    elif name == 'instance_style':
      merged[name] = subtree
    elif isinstance(subtree, dict):
      merged[name] = with_zero_heads(subtree, l_tree[name])
    else:
      merged[name] = l_tree[name]
  return merged


@pytest.fixture
def full_optimization():
  """Compiles as users do: the law must hold for what they run."""
  jax.config.update('jax_disable_most_optimizations', False)
  yield
  jax.config.update('jax_disable_most_optimizations', True)


@pytest.mark.parametrize('train', [False, True])
@pytest.mark.parametrize('method', ['li', 'lip'])
def test_zero_heads_generate_the_image_of_l_to_the_bit(
  method, train, full_optimization
):
  module, module_l = small(method), small('l')
  variables_l = variables_of(module_l)
  variables = {
    name: with_zero_heads(subtree, variables_l[name])
    for name, subtree in variables_of(module).items()
  }
  label_map, instance_map, latents = inputs()
  expected, expected_stats = generation(module_l, train)(
    variables_l, label_map, instance_map
  )
  image, stats = generation(module, train)(
    variables, label_map, instance_map, latents
  )
  assert expected.std() > 0.1
  np.testing.assert_array_equal(image, expected)
  jax.tree.map(np.testing.assert_array_equal, stats, expected_stats)


@pytest.mark.parametrize('method', ['li', 'lip'])
def test_methods_add_entries_to_the_tree_of_l_and_change_none(method):
  tree_l = jax.tree.map(jnp.shape, tree_of(small('l')))
  tree = jax.tree.map(jnp.shape, tree_of(small(method)))
  assert without_added(tree) == tree_l
  assert tree != tree_l


@pytest.mark.parametrize('head_kernel_size', [1, 3])
def test_renumbering_instances_with_their_latents_changes_nothing(
  head_kernel_size,
):
  module = small(head_kernel_size=head_kernel_size)
  label_map, instance_map, latents = inputs()
  order = np.random.default_rng(2).permutation(NUM_INSTANCES)
  numbers = np.concatenate([[0], np.argsort(order) + 1]).astype(np.uint16)
  variables = variables_of(module)
  expected = generate(module, variables, label_map, instance_map, latents)
  image = generate(
    module, variables, label_map, numbers[instance_map], latents[:, order]
  )
  np.testing.assert_allclose(image, expected, atol=1e-5)
  # Without their latents the image is another one.
  image = generate(module, variables, label_map, numbers[instance_map], latents)
  assert np.abs(image - expected).max() > 0.1


def test_latents_of_absent_instances_change_nothing():
  module, larger = small(), small(num_instances=NUM_INSTANCES + 5)
  variables = variables_of(module)
  label_map, instance_map, latents = inputs()
  expected = generate(module, variables, label_map, instance_map, latents)
  more = np.pad(latents, ((0, 0), (0, 5), (0, 0)), constant_values=3.0)
  image = generate(larger, variables, label_map, instance_map, more)
  np.testing.assert_allclose(image, expected, atol=1e-5)


@pytest.mark.parametrize('method', METHODS)
def test_a_batch_equals_its_items(method):
  module = small(method)
  variables = variables_of(module)
  args = inputs()
  images = generate(module, variables, *args)
  for i in range(2):
    image = generate(module, variables, *(x[i : i + 1] for x in args))
    np.testing.assert_allclose(image[0], images[i], atol=1e-5)


def test_evaluation_moves_no_statistics():
  module = small()
  variables = variables_of(module)
  _, stats = generation(module)(variables, *inputs())
  for name in STATS:
    jax.tree.map(np.testing.assert_array_equal, stats[name], variables[name])
  _, stats = generation(module, train=True)(variables, *inputs())
  for name in STATS:
    moved = jax.tree.map(
      lambda a, b: bool(np.any(a != b)), stats[name], variables[name]
    )
    assert all(jax.tree.leaves(moved))


def image_of_params(module):
  """The image as a function of the parameters, in training mode."""
  variables = variables_of(module)

  def apply(params):
    image, _ = module.apply(
      {**variables, 'params': params}, *inputs(), train=True, mutable=STATS
    )
    return image

  return apply, variables['params']


def test_remat_keeps_less_for_the_backward_pass():
  def num_kept(module):
    apply, params = image_of_params(module)
    pullback = jax.eval_shape(lambda params: jax.vjp(apply, params)[1], params)
    return parameter_count(pullback) - parameter_count(params)

  assert num_kept(small(remat=True)) < 0.3 * num_kept(small())


def test_remat_changes_neither_names_nor_gradients():
  def gradient(module):
    apply, params = image_of_params(module)
    return jax.jit(jax.grad(lambda p: jnp.mean(apply(p) ** 2)))(params)

  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5),
    gradient(small('l', remat=True)),
    gradient(small('l')),
  )
  assert tree_of(small(remat=True)) == tree_of(small())


@pytest.mark.parametrize('method', METHODS)
def test_distinct_neighborhoods_give_the_image_and_gradients_of_all(method):
  def values(form, **fields):
    module = small(method, use_edges=True, modulation_form=form, **fields)
    variables = variables_of(module)

    def loss(params):
      image, stats = module.apply(
        {**variables, 'params': params}, *inputs(), train=True, mutable=STATS
      )
      return jnp.mean(image**2), (image, stats)

    return jax.jit(jax.grad(loss, has_aux=True))(variables['params'])

  # In the last block, which alone is large enough.
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5),
    values('auto', remat=method == 'lip'),
    values('dense'),
  )


def test_devices_find_the_neighborhoods_of_their_own_images():
  devices = 4
  args = tuple(np.concatenate([x, x]) for x in inputs())
  module = small(axis_name='devices', modulation_form='auto')
  variables = variables_of(module)
  split = [x.reshape(devices, 1, *x.shape[1:]) for x in args]
  images = jax.pmap(
    lambda *args: module.apply(variables, *args, train=True, mutable=STATS)[0],
    axis_name='devices',
  )(*split)
  expected, _ = generation(small(modulation_form='dense'), True)(
    variables, *args
  )
  np.testing.assert_allclose(
    np.concatenate(images), expected, rtol=1e-3, atol=1e-5
  )


def test_bfloat16_keeps_the_image_and_the_parameters_float32():
  module, half = small(), small(dtype=jnp.bfloat16)
  tree = tree_of(half)
  assert {leaf.dtype for leaf in jax.tree.leaves(tree)} == {jnp.dtype('f4')}
  variables = variables_of(module)
  image = generate(half, variables, *inputs())
  assert image.dtype == jnp.float32
  difference = np.abs(image - generate(module, variables, *inputs()))
  assert 0 < difference.mean() < 0.05


def test_an_exported_generator_runs_for_any_platform_and_batch():
  module = small()
  variables, args = variables_of(module), inputs()
  apply = jax.jit(functools.partial(module.apply, train=False))
  specs = jax.export.symbolic_args_specs(args, shapes_specs='b, ...')
  exported = jax.export.export(apply, platforms=('cpu', 'cuda', 'tpu'))(
    variables, *specs
  )
  restored = jax.export.deserialize(exported.serialize())
  np.testing.assert_allclose(
    restored.call(variables, *args),
    generate(module, variables, *args),
    atol=1e-5,
  )


def image_and_tree(module, *args):
  """The shapes of the image and of the variables."""
  return jax.eval_shape(
    functools.partial(module.init_with_output, train=False),
    jax.random.key(0),
    *args,
  )


def test_image_style_replaces_the_labels():
  module = small('l', image_style_dim=5)
  label_map, instance_map, _ = inputs()
  style = jnp.ones((2, 5))
  image, tree = image_and_tree(module, label_map, instance_map, None, style)
  # 1x2 pixels of 16 * 2 channels.
  assert tree['params']['fc']['kernel'].shape == (5, 64)
  assert image.shape == (2, *SIZE, 3)


@pytest.mark.parametrize(
  ('upsampling', 'stride', 'last_width'),
  [('normal', 32, 2), ('more', 64, 2), ('most', 128, 1)],
)
def test_upsampling(upsampling, stride, last_width):
  module = small('l', upsampling=upsampling, image_size=(128, 256))
  assert module.stride == stride
  maps = (jnp.zeros((1, 128, 256), jnp.int32),) * 2
  image, tree = image_and_tree(module, *maps)
  assert ('up_4' in tree['params']) == (upsampling == 'most')
  assert tree['params']['conv_img']['kernel'].shape == (3, 3, last_width, 3)
  assert image.shape == (1, 128, 256, 3)


def test_parameter_count_of_gaugan():
  module = generator.Generator(use_edges=True, use_instances=False)
  maps = (jnp.zeros((1, 256, 512), jnp.int32),) * 2
  assert parameter_count(shapes(module, *maps)['params']) == 93_048_003


def test_parameter_count_of_instances():
  module = generator.Generator(use_edges=True)
  maps = (jnp.zeros((1, 256, 512), jnp.int32),) * 2
  tree = shapes(module, *maps, jnp.zeros((1, 256, 64)))
  # The shared MLP has 64 * 128 + 128 + 128 * 128 + 128 parameters; the heads
  # 129 * 2 for each channel of the SPADE layers: 6 of 1024, then the three of
  # each block that narrows from 1024, 512, 256, 128 by half.
  widths = 6 * 1024 + sum(2 * c + c // 2 for c in (1024, 512, 256, 128))
  added = 8320 + 16512 + 258 * widths
  assert parameter_count(tree['params']) == 93_048_003 + added


@pytest.mark.parametrize(
  ('fields', 'message'),
  [
    (
      {'image_size': (48, 64)},
      '48x64 must be divisible by the stride 32 of .*',
    ),
    ({'upsampling': 'few'}, "'few': choose one of .*'more', 'most', 'normal'"),
    ({'image_size': (64, 128)}, r'label_map is of shape \(2, 32, 64\)'),
    ({'num_instances': 4}, r'latents is of shape \(2, 9, 64\).*\(2, 4, 64\)'),
    ({'image_style_dim': 5}, r'image_style is of shape None.*\(2, 5\)'),
  ],
)
def test_sizes_that_do_not_fit(fields, message):
  with pytest.raises(ValueError, match=message):
    shapes(small(**fields), *inputs())


def test_missing_latents():
  with pytest.raises(ValueError, match='latents is of shape None'):
    shapes(small(), *inputs()[:2])
