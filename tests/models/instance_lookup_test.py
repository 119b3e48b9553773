import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import instance_lookup
from tests.models import random_arrays


def fragmented_map(num_instances, *, size=(24, 40), seed=0):
  """[2, h, w]: every instance in several pieces, and some empty pixels."""
  rng = np.random.default_rng(seed)
  ids = rng.integers(0, num_instances + 1, (2, size[0] // 2, size[1] // 2))
  return ids.repeat(2, 1).repeat(2, 2).astype(np.uint16)


def masked_sum(table, instance_map):
  """Equation (1)'s sum over instances of a vector times a mask."""
  numbers = np.arange(1, table.shape[1]).reshape(1, -1, 1, 1)
  masks = (instance_map[:, None] == numbers).astype(np.float32)
  return jnp.sum(table[:, 1:, None, None] * masks[..., None], axis=1)


def table_of(num_instances, channels=5):
  rng = np.random.default_rng(1)
  rows = rng.standard_normal((2, num_instances, channels))
  return np.pad(rows, ((0, 0), (1, 0), (0, 0))).astype(np.float32)


@pytest.mark.parametrize('num_instances', [0, 1, 7, 200])
def test_lookup_equals_the_masked_sum_and_so_does_its_gradient(num_instances):
  ids, table = fragmented_map(num_instances), table_of(num_instances)
  weights = random_arrays.normal((*ids.shape, 5), seed=2)

  def loss(function):
    def apply(table):
      y = function(table, ids)
      return jnp.sum(weights * y**2), y

    return jax.jit(jax.grad(apply, has_aux=True))

  gradient, y = loss(instance_lookup.instance_lookup)(table)
  expected_gradient, expected = loss(masked_sum)(table)
  np.testing.assert_array_equal(y, expected)
  # Row 0 holds zeros, so both are 0 there.
  np.testing.assert_allclose(gradient, expected_gradient, atol=1e-4)


@pytest.mark.parametrize('dtype', [jnp.float32, jnp.bfloat16, jnp.int32])
def test_the_product_takes_the_same_rows_to_the_bit(dtype):
  ids = fragmented_map(7).astype(np.int32)
  ids[0, 0, :3] = (8, 200, -1)  # Out of range.
  table = jnp.asarray(1e4 * table_of(7)).astype(dtype)
  np.testing.assert_array_equal(
    instance_lookup.take_by_matmul(table, ids),
    # A gather counts negative ids from the end.
    instance_lookup.take_by_gather(table, np.where(ids < 0, 200, ids)),
  )


def test_the_sum_of_accelerators_equals_that_of_the_cpu():
  ids = fragmented_map(7).astype(np.int32)
  gradient = random_arrays.normal((*ids.shape, 5), seed=2)
  expected, actual = (
    jax.jit(summed, static_argnums=2)(gradient, ids, 8)
    for summed in (
      instance_lookup.sum_by_scatter,
      instance_lookup.sum_by_matmul,
    )
  )
  assert actual.dtype == expected.dtype == jnp.float32
  np.testing.assert_allclose(actual, expected, atol=1e-4)


def test_sums_are_float32_for_bfloat16_gradients():
  # 65 * 65 ones: a bfloat16 sum would stop at 256, and cannot hold 4225.
  gradient = jnp.ones((1, 65, 65, 2), jnp.bfloat16)
  ids = jnp.ones((1, 65, 65), jnp.int32)
  for summed in (
    instance_lookup.sum_by_scatter(gradient, ids, 2),
    instance_lookup.sum_by_matmul(gradient, ids, 2),
  ):
    np.testing.assert_array_equal(summed, [[[0, 0], [4225, 4225]]])


def test_ids_out_of_range_give_zeros_and_no_gradient():
  table = jnp.ones((1, 3, 4))
  ids = jnp.array([[[2, 3, 200]]], jnp.uint16)
  y, pullback = jax.vjp(instance_lookup.instance_lookup, table, ids)
  np.testing.assert_array_equal(y[0, 0, :, 0], [1, 0, 0])
  gradient, _ = pullback(jnp.ones_like(y))
  np.testing.assert_array_equal(gradient[0, :, 0], [0, 0, 1])


def test_gradient_survives_export_to_every_platform():
  ids, table = fragmented_map(7), table_of(7)

  def gradient(table, ids):
    y = lambda t: jnp.sum(instance_lookup.instance_lookup(t, ids) ** 2)  # noqa: E731
    return jax.grad(y)(table)

  exported = jax.export.export(
    jax.jit(gradient), platforms=('cpu', 'cuda', 'tpu')
  )(table, ids)
  restored = jax.export.deserialize(exported.serialize())
  np.testing.assert_allclose(
    restored.call(table, ids), jax.jit(gradient)(table, ids), rtol=1e-6
  )
