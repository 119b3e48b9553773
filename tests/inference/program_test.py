"""The compiled generator: its inputs by method, and rows apart from others."""

import jax
import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import program
from tests import tiny

pytestmark = pytest.mark.slow


MAP = (32, 64)


@pytest.mark.parametrize(
  ('method', 'changes', 'shapes'),
  [
    ('l', {}, {'label_map': MAP}),
    (
      'l',
      {'model__use_edges': True},
      {'label_map': MAP, 'instance_map': MAP},
    ),
    (
      'l',
      {'model__image_style_dim': 8},
      {'label_map': MAP, 'image_style': (8,)},
    ),
    (
      'lip',
      {},
      {'label_map': MAP, 'instance_map': MAP, 'latents': (256, 64)},
    ),
  ],
)
def test_inputs_are_what_the_method_uses(method, changes, shapes):
  built = program.Program(
    tiny.config(method, **changes), use_spectral_norm=True
  )
  assert {
    name: shape for name, (shape, _) in built.input_shapes.items()
  } == shapes
  assert built.needs_instance_map == ('instance_map' in shapes)
  types = {
    'label_map': np.uint8,
    'instance_map': np.uint16,
    'latents': np.float32,
    'image_style': np.float32,
  }
  for name, (_, dtype) in built.input_shapes.items():
    assert dtype == types[name]


@pytest.fixture(scope='module')
def config():
  return tiny.config('lip')


@pytest.fixture(scope='module')
def variables(config):
  return tiny.generator_variables(config)


def random_inputs(built, num_rows):
  rng = np.random.default_rng(0)
  return {
    name: rng.normal(size=(num_rows, *shape)).astype(dtype)
    if dtype == np.float32
    else rng.integers(0, 34, (num_rows, *shape)).astype(dtype)
    for name, (shape, dtype) in built.input_shapes.items()
  }


def test_a_row_depends_on_no_other_row(config, variables):
  built = program.Program(config, use_spectral_norm=True)
  inputs = random_inputs(built, 6)
  images = built.run(variables, inputs, num_rows=4)
  assert images.shape == (6, 32, 64, 3) and images.dtype == np.float32
  assert np.abs(images).max() <= 1 and np.std(images) > 0.05
  for rows in (slice(5, 6), slice(1, 4), slice(0, 5)):
    part = {name: value[rows] for name, value in inputs.items()}
    np.testing.assert_array_equal(
      built.run(variables, part, num_rows=4), images[rows]
    )


def test_styles_are_mapped_to_the_latents_of_the_encoder(config, variables):
  built = program.Program(config, use_spectral_norm=True)
  inputs = random_inputs(built, 1)
  dim = built.latent_shape[-1]
  stats = {'mean': np.full(dim, 2.0, np.float32), 'var': np.ones(dim) * 0.25}
  mapped = built.run({**variables, 'latent_stats': stats}, inputs, num_rows=1)
  inputs['latents'] = np.float32(2.0 + 0.5 * inputs['latents'])
  expected = built.run(variables, inputs, num_rows=1)
  np.testing.assert_allclose(mapped, expected, atol=1e-3)


def test_a_label_generator_needs_no_instance_map():
  config = tiny.config('l')
  built = program.Program(config, use_spectral_norm=True)
  variables = tiny.generator_variables(config)
  inputs = random_inputs(built, 2)
  image = built.run(variables, inputs, num_rows=2)
  expected = jax.jit(built.apply)(
    variables,
    **inputs,
    instance_map=np.ones((2, *MAP), np.uint16),
    latents=np.ones((2, *built.latent_shape), np.float32),
  )
  np.testing.assert_allclose(image, expected, atol=1e-6)


def test_weights_that_do_not_fit_are_listed(config, variables):
  program.Program(config, use_spectral_norm=True).check(variables)
  wide = tiny.config('lip', model__base_channels=4)
  with pytest.raises(InputError, match='do not fit') as error:
    program.Program(wide, use_spectral_norm=True).check(variables)
  assert 'params/conv_img/kernel is (3, 3, 2, 3), the model has' in str(
    error.value
  )
  with pytest.raises(InputError, match='spectral_stats'):
    program.Program(config, use_spectral_norm=False).check(variables)
