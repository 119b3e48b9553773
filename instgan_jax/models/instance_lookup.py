"""Rows of a table, by the instance id of each pixel.

The masked sum of the paper's equation (1) over instances, sum_i f(z_i) *
mask_i, equals taking row `instance_map[h, w]` of a table of the f(z_i), because
masks of instances do not overlap. The lookup costs the same for any number of
instances, and no mask is ever built.
"""

import jax
import jax.numpy as jnp


@jax.custom_vjp
def instance_lookup(table: jax.Array, instance_map: jax.Array) -> jax.Array:
  """Takes row `instance_map[b, h, w]` of `table[b]` for every pixel.

  Its gradient to the table is a sum over the pixels of each instance: on the
  CPU a scatter, elsewhere (where scatters of many rows to few are slow) the
  product of a one-hot with the gradient, image after image.

  Args:
    table: [B, N + 1, C]. Row 0 belongs to the pixels of no instance.
    instance_map: [B, h, w] integer ids 0..N. An id out of range gives zeros
      and passes no gradient.

  Returns:
    [B, h, w, C] of the type of `table`.
  """
  return take_rows(table, instance_map)


def take_rows(table: jax.Array, instance_map: jax.Array) -> jax.Array:
  """`instance_lookup` for any type, without a gradient of its own."""
  ids = instance_map.astype(jnp.int32)
  return jax.vmap(
    lambda rows, index: jnp.take(rows, index, axis=0, mode='fill', fill_value=0)
  )(table, ids)


def sum_by_scatter(
  gradient: jax.Array, instance_map: jax.Array, num_rows: int
) -> jax.Array:
  """Sums [B, h, w, C] over the pixels of each id: float32 [B, num_rows, C]."""

  def sum_of_image(values, ids):
    values = values.reshape(-1, values.shape[-1]).astype(jnp.float32)
    return jax.ops.segment_sum(values, ids.reshape(-1), num_rows)

  return jax.vmap(sum_of_image)(gradient, instance_map)


def sum_by_matmul(
  gradient: jax.Array, instance_map: jax.Array, num_rows: int
) -> jax.Array:
  """`sum_by_scatter` as a matrix product, one image at a time."""

  def sum_of_image(values_and_ids):
    values, ids = values_and_ids
    one_hot = jax.nn.one_hot(ids.reshape(-1), num_rows, dtype=values.dtype)
    return jnp.einsum(
      'pn,pc->nc',
      one_hot,
      values.reshape(-1, values.shape[-1]),
      precision=jax.lax.Precision.HIGHEST,
      preferred_element_type=jnp.float32,
    )

  return jax.lax.map(sum_of_image, (gradient, instance_map))


def _forward(table, instance_map):
  # An empty slice carries the table's size and type to the backward pass.
  return take_rows(table, instance_map), (table[:0], instance_map)


def _backward(residuals, gradient):
  empty, instance_map = residuals
  ids = instance_map.astype(jnp.int32)
  num_rows = empty.shape[1]
  sums = jax.lax.platform_dependent(
    gradient,
    ids,
    cpu=lambda g, i: sum_by_scatter(g, i, num_rows),
    default=lambda g, i: sum_by_matmul(g, i, num_rows),
  )
  return sums.astype(empty.dtype), None


instance_lookup.defvjp(_forward, _backward)
