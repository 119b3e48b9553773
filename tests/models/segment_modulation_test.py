import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import platforms, segment_modulation, semantic_input
from tests.models import float64, random_arrays

NUM_LABELS, HIDDEN, CHANNELS = 6, 4, 3
FORMS = segment_modulation.FORMS


def inputs(shape=(2, 18, 23)):
  """Labels, some out of range on either side, and instances."""
  rng = np.random.default_rng(0)
  maps = rng.integers(-1, NUM_LABELS + 2, size=(2, *shape))
  maps = maps.repeat(5, 2).repeat(5, 3)[:, :, : shape[1], : shape[2]]
  return maps.astype(np.int32)


def weights(use_edges, dtype):
  def pair(seed, *channels):
    kernel = random_arrays.normal((3, 3, *channels), seed)
    bias = random_arrays.normal(channels[1:], seed + 1)
    return jnp.asarray(kernel, dtype), jnp.asarray(bias, dtype)

  return segment_modulation.Weights(
    pair(0, NUM_LABELS + use_edges, HIDDEN),
    pair(2, HIDDEN, CHANNELS),
    pair(4, HIDDEN, CHANNELS),
  )


@functools.partial(jax.jit, static_argnums=(1, 2))
def value_and_gradient(weights, use_edges, form):
  label_map, instance_map = inputs()
  kind = {'num_labels': NUM_LABELS, 'use_edges': use_edges}
  dtype = weights.shared[0].dtype
  semantic = semantic_input.semantic_input(
    label_map, instance_map, **kind, dtype=dtype
  )
  repeats = segment_modulation.repeats(
    semantic_input.semantic_ids(label_map, instance_map, **kind),
    semantic_input.semantic_table(**kind),
    form=form,
  )

  def modulation(weights):
    return segment_modulation.modulation(weights, semantic, repeats, form=form)

  values, pullback = jax.vjp(modulation, weights)
  target = random_arrays.normal((2, *values[0].shape))
  return values, pullback(tuple(jnp.asarray(target, dtype)))


@pytest.mark.parametrize('use_edges', [False, True])
@pytest.mark.parametrize('form', ['deduplicated', 'auto'])
def test_forms_agree_in_float64(form, use_edges, monkeypatch):
  monkeypatch.setattr(segment_modulation, 'MIN_PIXELS', 1)
  with float64.enabled():
    parameters = weights(use_edges, jnp.float64)
    jax.tree.map(
      lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12),
      value_and_gradient(parameters, use_edges, form),
      value_and_gradient(parameters, use_edges, 'dense'),
    )


def test_keeps_no_table_of_features_for_the_backward_pass():
  parameters = weights(False, jnp.float32)
  kind = {'num_labels': NUM_LABELS, 'use_edges': False}
  repeats = segment_modulation.repeats(
    semantic_input.semantic_ids(*inputs(), **kind),
    semantic_input.semantic_table(**kind),
    form='deduplicated',
  )

  def modulation(weights):
    return segment_modulation.deduplicated(weights, repeats)

  pullback = jax.eval_shape(lambda w: jax.vjp(modulation, w)[1], parameters)
  kept = [a.shape for a in jax.tree.leaves(pullback) if a.dtype == jnp.float32]
  given = [a.shape for a in jax.tree.leaves((parameters, repeats.table))]
  assert set(kept) <= set(given)


def test_bfloat16_is_as_exact_as_the_dense_form():
  expected = value_and_gradient(weights(True, jnp.float32), True, 'dense')

  def error(form):
    half = value_and_gradient(weights(True, jnp.bfloat16), True, form)
    return [
      np.abs(np.asarray(a, np.float32) - b).mean()
      for a, b in zip(
        jax.tree.leaves(half), jax.tree.leaves(expected), strict=True
      )
    ]

  errors, dense_errors = (
    np.array(error('deduplicated')),
    np.array(error('dense')),
  )
  assert np.all(errors > 0)
  # Five kernels' and biases' sums over pixels, and two maps.
  np.testing.assert_array_less(errors, 2 * dense_errors + 1e-3)


@pytest.mark.parametrize(
  ('form', 'size', 'is_shared'),
  [
    ('dense', (64, 128), False),
    ('auto', (32, 64), False),
    ('auto', (64, 128), True),
    ('deduplicated', (1, 2), True),
  ],
)
def test_small_maps_are_computed_pixel_by_pixel(form, size, is_shared):
  ids = jnp.zeros((1, *size), jnp.int32)
  found = segment_modulation.repeats(ids, jnp.eye(NUM_LABELS), form=form)
  assert (found is not None) == is_shared


def test_unknown_form():
  with pytest.raises(ValueError, match="'sparse': choose one of .*'dense'"):
    segment_modulation.repeats(
      jnp.zeros((1, 2, 2), jnp.int32), jnp.eye(2), form='sparse'
    )


@pytest.mark.parametrize('platform', ['cpu', 'cuda', 'tpu'])
def test_auto_is_deduplicated_on_cpus_alone(platform, monkeypatch):
  monkeypatch.setattr(segment_modulation, 'MIN_PIXELS', 1)

  def program(form):
    compute = jax.jit(lambda w: value_and_gradient.__wrapped__(w, True, form))
    with platforms.traced_for(platform):
      traced = compute.trace(weights(True, jnp.float32))
    return traced.lower(lowering_platforms=(platform,)).as_text()

  loops = {form: program(form).count('stablehlo.while') for form in FORMS}
  assert loops['dense'] == 0 < loops['deduplicated']
  expected = 'deduplicated' if platform == 'cpu' else 'dense'
  assert loops['auto'] == loops[expected]
