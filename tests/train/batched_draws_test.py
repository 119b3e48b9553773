"""Kernels drawn by shapes are those that are drawn one by one."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.build import data, gan
from instgan_jax.models import spectral_conv
from instgan_jax.train import batched_draws, initialization
from tests import tiny

SHAPES = ((3, 3, 4, 8), (3, 3, 4, 8), (1, 1, 8, 2), (3, 3, 4, 8))


def draw_all():
  """Kernels of two shapes from keys of keys, and what is else."""
  keys = jax.random.split(jax.random.fold_in(jax.random.key(3), 5), 4)
  kernels = [
    spectral_conv.gaugan_init(jax.random.fold_in(key, i), shape)
    for i, (key, shape) in enumerate(zip(keys, SHAPES, strict=True))
  ]
  return {
    'kernels': kernels,
    'norm': jnp.linalg.norm(kernels[0]),
    'other': jax.random.uniform(keys[0], (3, 3, 4, 8)),
    'zeros': jnp.zeros(3),
  }


def of_shapes(initialize):
  return batched_draws.batched_draws(initialize, spectral_conv.gaugan_init)


def assert_same_bits(initialize):
  expected, given = jax.jit(initialize)(), jax.jit(of_shapes(initialize))()
  assert jax.tree.structure(given) == jax.tree.structure(expected)
  jax.tree.map(np.testing.assert_array_equal, given, expected)


def test_the_values_are_the_same():
  assert_same_bits(draw_all)


def test_each_shape_is_drawn_once():
  text = str(jax.make_jaxpr(of_shapes(draw_all))())
  assert 'f32[3,3,3,4,8]' in text  # Three kernels.
  assert 'gaugan_init' not in text and 'random_fold_in' not in text


def test_draws_of_keys_that_are_no_constants_stay():
  def initialize():
    seed = jnp.argmax(jnp.arange(3)).astype(jnp.uint32)
    keys = jax.random.split(jax.random.key(seed))
    return [spectral_conv.gaugan_init(key, (3, 3, 2, 2)) for key in keys]

  assert_same_bits(initialize)


def test_a_program_without_draws():
  assert_same_bits(lambda: (jnp.ones(2), {}))


@pytest.mark.oldest
@pytest.mark.slow
def test_the_state_of_a_gan_is_the_same():
  config = data.with_label_table(tiny.config(ema_decay=0.9))
  state = functools.partial(
    initialization.initialize,
    gan.networks(config),
    gan.optimizers(config, num_examples=6),
    seed=1,
    image_size=(config.data.height, config.data.width),
    use_ema=True,
  )
  assert_same_bits(state)
