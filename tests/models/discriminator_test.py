import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import discriminator
from tests.models import random_arrays

pytestmark = pytest.mark.slow


STATS = 'spectral_stats'


def shapes(module, height, width):
  maps = (jnp.zeros((1, height, width), jnp.int32),) * 2
  image = jnp.zeros((1, height, width, 3))
  return jax.eval_shape(
    functools.partial(module.init_with_output, train=False),
    jax.random.key(0),
    *maps,
    image,
  )


def small(**fields):
  return discriminator.MultiscaleDiscriminator(
    num_labels=4, base_channels=2, **fields
  )


def inputs(batch):
  rng = np.random.default_rng(0)
  labels = rng.integers(0, 4, (batch, 16, 32))
  image = rng.uniform(-1, 1, (batch, 16, 32, 3)).astype(np.float32)
  return labels, labels, image


def test_parameter_count_of_gaugan():
  module = discriminator.MultiscaleDiscriminator(use_edges=True)
  _, variables = shapes(module, 256, 512)
  params = jax.tree.leaves(variables['params'])
  assert sum(leaf.size for leaf in params) == 5_601_410


def test_shapes_of_all_features():
  module = discriminator.MultiscaleDiscriminator(base_channels=64)
  features, _ = shapes(module, 256, 512)
  assert [[x.shape[1:] for x in scale] for scale in features] == [
    [
      (129, 257, 64),
      (65, 129, 128),
      (33, 65, 256),
      (34, 66, 512),
      (35, 67, 1),
    ],
    [(65, 129, 64), (33, 65, 128), (17, 33, 256), (18, 34, 512), (19, 35, 1)],
  ]


def test_layers_with_bias_and_with_spectral_norm():
  _, variables = shapes(small(), 16, 32)
  layers = variables['params']['scale_0']
  with_bias = [name for name in sorted(layers) if 'bias' in layers[name]]
  assert with_bias == ['layer_0', 'layer_4']
  assert set(variables[STATS]['scale_0']) == {'layer_1', 'layer_2', 'layer_3'}


def test_images_of_a_batch_do_not_mix():
  module, args = small(), inputs(4)
  variables = random_arrays.variables(module, *args)
  apply = jax.jit(functools.partial(module.apply, train=False))
  together = apply(variables, *args)
  first = apply(variables, *(x[:2] for x in args))
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a[:2], b, atol=1e-5),
    together,
    first,
  )


def test_a_second_pass_can_share_the_norms_of_the_first():
  module, args = small(), inputs(2)
  variables = random_arrays.variables(module, *args)
  apply = jax.jit(
    functools.partial(module.apply, train=True), static_argnames='mutable'
  )
  first, stats = apply(variables, *args, mutable=(STATS,))
  second = apply({**variables, **stats}, *args)
  jax.tree.map(
    lambda a, b: np.testing.assert_allclose(a, b, atol=1e-5), first, second
  )


def test_logits_are_float32_in_bfloat16():
  features, variables = shapes(small(dtype=jnp.bfloat16), 16, 32)
  for *inner, logits in features:
    assert {x.dtype for x in inner} == {jnp.dtype(jnp.bfloat16)}
    assert logits.dtype == jnp.float32
  dtypes = {leaf.dtype for leaf in jax.tree.leaves(variables)}
  assert dtypes == {jnp.dtype(jnp.float32)}
