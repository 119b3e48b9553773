"""Means over the pixels of each instance, the adjoint of `instance_lookup`."""

import functools

import jax
import jax.numpy as jnp

from instgan_jax.models import instance_lookup


def instance_mean(
  values: jax.Array, instance_map: jax.Array, num_instances: int
) -> jax.Array:
  """The mean of each instance's own pixels.

  Args:
    values: [B, h, w, C].
    instance_map: [B, h, w] dense ids, 0 for no instance.
    num_instances: N, the largest id.

  Returns:
    float32 [B, N, C], whose row i - 1 belongs to the id i; zeros for an id
    without pixels.
  """
  ones = jnp.ones((*values.shape[:3], 1), values.dtype)
  sums = instance_sum(
    jnp.concatenate([values, ones], axis=-1), instance_map, num_instances + 1
  )
  sums, counts = sums[:, 1:, :-1], sums[:, 1:, -1:]
  return sums / jnp.maximum(counts, 1.0)


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def instance_sum(
  values: jax.Array, instance_map: jax.Array, num_rows: int
) -> jax.Array:
  """Sums over the pixels of each id: by a scatter on the CPU, else a product.

  Args:
    values: [B, h, w, C].
    instance_map: [B, h, w] integer ids; those from `num_rows` on are left out.
    num_rows: N + 1, ids with the 0.

  Returns:
    float32 [B, N + 1, C].
  """
  return instance_lookup.sum_rows(values, instance_map, num_rows)


def _forward(values, instance_map, num_rows):
  # An empty slice carries the dtype to the backward pass.
  residuals = values[:0], instance_map
  return instance_sum(values, instance_map, num_rows), residuals


def _backward(num_rows, residuals, gradient):
  del num_rows
  empty, instance_map = residuals
  rows = instance_lookup.take_rows(gradient, instance_map)
  return rows.astype(empty.dtype), None


instance_sum.defvjp(_forward, _backward)
