"""Table lookup by the instance id of each pixel: the sum of equation (1).

The sum over instances in equation (1) of the paper, sum_i f(z(i)) * x_ins(i),
equals taking row `instance_map[h, w]` of a table of the f(z(i)), because the
masks x_ins(i) do not overlap. The lookup costs the same for any number of
instances, and no mask is built.
"""

import functools

import jax
import jax.numpy as jnp

from instgan_jax.models import platforms


def instance_lookup(
  table: jax.Array, instance_map: jax.Array, use_matmul: bool = False
) -> jax.Array:
  """Takes row `instance_map[b, h, w]` of `table[b]` for every pixel.

  The gradient with respect to the table is a sum over the pixels of each
  instance: on the CPU a scatter, elsewhere (where scatters of many rows to few
  are slow) the product of a one-hot with the gradient, image by image.

  Args:
    table: [B, N + 1, C]. Row 0 is for the pixels of no instance.
    instance_map: [B, h, w] integer ids 0..N. An id out of range gives zeros
      and passes no gradient.
    use_matmul: whether to take rows by a product too, see `take_by_matmul`.

  Returns:
    [B, h, w, C] of the dtype of `table`.
  """
  (rows,) = instance_lookups((table,), instance_map, use_matmul)
  return rows


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def instance_lookups(
  tables: tuple[jax.Array, ...],
  instance_map: jax.Array,
  use_matmul: bool = False,
) -> tuple[jax.Array, ...]:
  """`instance_lookup` in each of several tables of one shape and dtype.

  Their gradients are summed over the pixels together.
  """
  take = take_by_matmul if use_matmul else take_by_gather
  return tuple(take(table, instance_map.astype(jnp.int32)) for table in tables)


def take_rows(table: jax.Array, instance_map: jax.Array) -> jax.Array:
  """`instance_lookup` for any dtype, without gradient, as suits the device.

  A TPU takes rows one by one: there it is a product, for which integers must be
  less than 2^24.
  """
  return platforms.choose(
    table,
    instance_map.astype(jnp.int32),
    tpu=take_by_matmul,
    default=take_by_gather,
  )


def take_by_gather(table: jax.Array, ids: jax.Array) -> jax.Array:
  """Rows by id, zeros for ids out of range; by a gather."""
  rows = table.reshape(-1, table.shape[-1])
  zeros = jnp.zeros_like(rows[:1])
  index = _row_of_batch(ids, table.shape[1])
  return jnp.take(jnp.concatenate([rows, zeros]), index, axis=0, mode='clip')


def _row_of_batch(ids: jax.Array, num_rows: int) -> jax.Array:
  """Rows of the tables of all images, one below the other.

  One gather or scatter of all images is faster on the CPU than one of each.
  Ids out of range get the row after the last.
  """
  num_images = ids.shape[0]
  image = jnp.arange(num_images, dtype=jnp.int32)[:, None, None]
  is_in_range = (ids >= 0) & (ids < num_rows)
  return jnp.where(is_in_range, image * num_rows + ids, num_images * num_rows)


def take_by_matmul(table: jax.Array, ids: jax.Array) -> jax.Array:
  """`take_by_gather` as a matrix product, exact: each sum has one term."""
  is_float = jnp.issubdtype(table.dtype, jnp.floating)
  dtype = table.dtype if is_float else jnp.float32
  rows = jnp.einsum(
    'bhwn,bnc->bhwc',
    jax.nn.one_hot(ids, table.shape[1], dtype=dtype),
    table.astype(dtype),
    precision=jax.lax.Precision.HIGHEST,
    preferred_element_type=jnp.float32,
  )
  return rows.astype(table.dtype)


def sum_rows(
  values: jax.Array, instance_map: jax.Array, num_rows: int
) -> jax.Array:
  """`sum_by_scatter` in the form that suits the device."""
  return platforms.choose(
    values,
    instance_map.astype(jnp.int32),
    cpu=lambda values, ids: sum_by_scatter(values, ids, num_rows),
    default=lambda values, ids: sum_by_matmul(values, ids, num_rows),
  )


def sum_by_scatter(
  gradient: jax.Array, instance_map: jax.Array, num_rows: int
) -> jax.Array:
  """Sums over the pixels of each id, by a scatter.

  Args:
    gradient: [B, h, w, C].
    instance_map: int32 [B, h, w]; ids from `num_rows` on are left out.
    num_rows: N + 1.

  Returns:
    float32 [B, num_rows, C].
  """
  num_images, num_channels = gradient.shape[0], gradient.shape[-1]
  sums = jax.ops.segment_sum(
    gradient.reshape(-1, num_channels).astype(jnp.float32),
    _row_of_batch(instance_map, num_rows).reshape(-1),
    num_images * num_rows,
  )
  return sums.reshape(num_images, num_rows, num_channels)


def sum_by_matmul(
  gradient: jax.Array, instance_map: jax.Array, num_rows: int
) -> jax.Array:
  """`sum_by_scatter` as a matrix product, one image at a time."""

  def sum_of_image(values_and_ids: tuple[jax.Array, jax.Array]) -> jax.Array:
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


_Residuals = tuple[tuple[jax.Array, ...], jax.Array]


def _forward(
  tables: tuple[jax.Array, ...], instance_map: jax.Array, use_matmul: bool
) -> tuple[tuple[jax.Array, ...], _Residuals]:
  # Empty slices carry size and dtype of the tables to the backward pass.
  residuals = tuple(table[:0] for table in tables), instance_map
  return instance_lookups(tables, instance_map, use_matmul), residuals


def _backward(
  use_matmul: bool, residuals: _Residuals, gradients: tuple[jax.Array, ...]
) -> tuple[tuple[jax.Array, ...], None]:
  empty, instance_map = residuals
  num_rows, dtype = empty[0].shape[1], empty[0].dtype
  gradient = jnp.concatenate(gradients, axis=-1)
  if use_matmul:
    sums = sum_by_matmul(gradient, instance_map.astype(jnp.int32), num_rows)
  else:
    sums = sum_rows(gradient, instance_map, num_rows)
  parts = jnp.split(sums.astype(dtype), len(gradients), axis=-1)
  return tuple(parts), None


instance_lookups.defvjp(_forward, _backward)
