"""The distinct 3x3 neighborhoods of a map of ids, and convolutions on them.

Label maps repeat themselves: of the 5x5 neighborhoods of a Cityscapes map of
256x512 pixels 3 to 9 % are distinct. A map of features is kept here as a table
of its distinct vectors and, for each pixel, the row of the table: its id. A 3x3
convolution of it depends on the nine ids around a pixel alone, so that it is
computed once for each distinct neighborhood and gives a map of the same kind.

The result is that of the convolution up to rounding. (Deep Reuse, ICS 2019,
shares the products of patches that are similar, which changes the result.)
"""

import functools
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.models import blocks

# The id of pixels beyond the border. No table is as large: its vector is 0.
OUTSIDE = np.iinfo(np.int32).max
# Neighborhoods that are convolved at a time.
BLOCK = 256
# Of two hash functions, odd.
_FACTORS = np.random.default_rng(0).integers(
  2**31, size=(2, 9), dtype=np.uint32
) * np.uint32(2) + np.uint32(1)


class Neighborhoods(NamedTuple):
  """The distinct 3x3 neighborhoods of the maps of a batch.

  Attributes:
    ids: int32 [B h w + BLOCK, 9]; row k holds the ids of neighborhood k, from
      the upper left to the lower right. Those from `num_distinct` on are free.
    number_map: int32 [B, h, w], the neighborhood of each pixel.
    num_distinct: int32 scalar.
  """

  ids: jax.Array
  number_map: jax.Array
  num_distinct: jax.Array


def distinct(id_map: jax.Array) -> Neighborhoods:
  """Finds the distinct neighborhoods of a batch of maps.

  Neighborhoods are brought together by a hash and then compared: those of one
  number are equal. (The converse fails only where two hashes in turn meet those
  of other neighborhoods: such pixels get a number each.)

  Args:
    id_map: int32 [B, h, w], in [0, OUTSIDE).
  """
  around = _around(id_map)
  num_pixels = around.shape[0]
  pixels = jnp.arange(num_pixels, dtype=jnp.int32)
  first, is_settled = pixels, jnp.zeros((num_pixels,), bool)
  for factors in _FACTORS:
    candidate = _first_of_hash(around, factors, is_settled)
    is_found = ~is_settled & jnp.all(around[candidate] == around, axis=-1)
    first = jnp.where(is_found, candidate, first)
    is_settled = is_settled | is_found
  is_first = first == pixels
  number = jnp.cumsum(is_first, dtype=jnp.int32) - 1
  num_rows = num_pixels + BLOCK
  ids = jnp.zeros((num_rows, 9), jnp.int32)
  return Neighborhoods(
    ids=ids.at[jnp.where(is_first, number, num_rows)].set(around, mode='drop'),
    number_map=number[first].reshape(id_map.shape),
    num_distinct=number[-1] + 1,
  )


@functools.partial(jax.custom_vjp, nondiff_argnums=(4,))
def convolve(
  table: jax.Array,
  kernel: jax.Array,
  bias: jax.Array,
  neighborhoods: Neighborhoods,
  use_relu: bool,
) -> jax.Array:
  """The table of the convolution of a map, which has zeros around it.

  The work is that of the neighborhoods that there are, a block at a time.

  Args:
    table: [M, C], of the map.
    kernel: [3, 3, C, D].
    bias: [D].
    neighborhoods: of the ids of the map; their numbers are the ids of the
      result.
    use_relu: whether a ReLU follows.

  Returns:
    [rows of `neighborhoods.ids`, D], of the dtype of `table`.
  """
  return _forward(table, kernel, bias, neighborhoods, use_relu)[0]


@functools.partial(jax.custom_vjp, nondiff_argnums=(2,))
def lookup(
  table: jax.Array, neighborhoods: Neighborhoods, num_parts: int
) -> tuple[jax.Array, ...]:
  """The maps of a table.

  The gradient is a sum over the pixels of each neighborhood, in float32 at
  least.

  Args:
    table: [rows, D].
    neighborhoods: whose numbers are the rows.
    num_parts: by which the channels are split into maps of their own: of a part
      that nothing needs any more the memory is free.

  Returns:
    As many maps [B, h, w, D / num_parts].
  """
  return _lookup(table, neighborhoods, num_parts)[0]


def zeros_beside(
  x: jax.Array, shape: tuple[int, ...], dtype: jnp.dtype
) -> jax.Array:
  """Zeros to sum up in, in place.

  XLA takes all zeros of one shape for the same array: it stays in memory from
  the first use to the last one, and each use begins with a copy. These depend
  on a value of `x` (and are NaN where that is).
  """
  value = jnp.abs(x[(0,) * x.ndim]).astype(dtype)
  return jnp.broadcast_to(jnp.minimum(value, 0), shape)


def _around(id_map: jax.Array) -> jax.Array:
  """The nine ids around each pixel, [B h w, 9]."""
  height, width = id_map.shape[1:]
  padded = jnp.pad(id_map, ((0, 0), (1, 1), (1, 1)), constant_values=OUTSIDE)
  shifted = [
    padded[:, y : y + height, x : x + width] for y in range(3) for x in range(3)
  ]
  return jnp.stack(shifted, axis=-1).reshape(-1, 9)


def _first_of_hash(
  rows: jax.Array, factors: np.ndarray, is_out: jax.Array
) -> jax.Array:
  """The first row of the same hash, [n], among those that are not out."""
  num_rows = rows.shape[0]
  value = jnp.zeros((num_rows,), jnp.uint32)
  for i, factor in enumerate(factors):
    value = (value ^ rows[:, i].astype(jnp.uint32)) * factor
    value = value ^ (value >> 15)
  num_slots = 2 * num_rows
  slot = (value % jnp.asarray(num_slots).astype(jnp.uint32)).astype(jnp.int32)
  first = jnp.full((num_slots,), num_rows - 1, jnp.int32)
  pixels = jnp.arange(num_rows, dtype=jnp.int32)
  first = first.at[jnp.where(is_out, num_slots, slot)].min(pixels, mode='drop')
  return first[slot]


_Residuals = tuple[jax.Array, jax.Array, Neighborhoods, jax.Array]


def _forward(
  table: jax.Array,
  kernel: jax.Array,
  bias: jax.Array,
  neighborhoods: Neighborhoods,
  use_relu: bool,
) -> tuple[jax.Array, _Residuals]:
  matrix = kernel.reshape(-1, kernel.shape[-1])

  def convolve_block(start: jax.Array, out: jax.Array) -> jax.Array:
    _, patches = _patches(table, neighborhoods, start)
    y = patches @ matrix + bias[None]
    y = jnp.maximum(y, 0) if use_relu else y
    return jax.lax.dynamic_update_slice_in_dim(out, y, start, 0)

  num_rows = neighborhoods.ids.shape[0]
  out = jnp.broadcast_to(bias[None], (num_rows, kernel.shape[-1]))
  out = blocks.for_each_block(
    neighborhoods.num_distinct, BLOCK, convolve_block, out
  )
  return out, (table, kernel, neighborhoods, out)


def _backward(
  use_relu: bool, residuals: _Residuals, gradient: jax.Array
) -> tuple[jax.Array, jax.Array, jax.Array, None]:
  table, kernel, neighborhoods, out = residuals
  matrix = kernel.reshape(-1, kernel.shape[-1])
  wide = _wide(table.dtype)

  def differentiate_block(start: jax.Array, sums):
    table_sum, matrix_sum, bias_sum = sums
    ids, patches = _patches(table, neighborhoods, start)
    g = jax.lax.dynamic_slice_in_dim(gradient, start, BLOCK)
    if use_relu:
      y = jax.lax.dynamic_slice_in_dim(out, start, BLOCK)
      g = jnp.where(y > 0, g, 0)
    of_patches = jnp.dot(g, matrix.T, preferred_element_type=wide)
    return (
      table_sum.at[ids].add(of_patches.reshape(*ids.shape, -1), mode='drop'),
      matrix_sum + jnp.dot(patches.T, g, preferred_element_type=wide),
      bias_sum + g.sum(0, dtype=wide),
    )

  sums = tuple(
    zeros_beside(gradient, shape, wide)
    for shape in (table.shape, matrix.shape, matrix.shape[1:])
  )
  sums = blocks.for_each_block(
    neighborhoods.num_distinct, BLOCK, differentiate_block, sums
  )
  of_table, of_matrix, of_bias = (x.astype(table.dtype) for x in sums)
  return of_table, of_matrix.reshape(kernel.shape), of_bias, None


convolve.defvjp(_forward, _backward)


def _lookup(table: jax.Array, neighborhoods: Neighborhoods, num_parts: int):
  maps = tuple(
    jnp.take(part, neighborhoods.number_map, axis=0, mode='clip')
    for part in jnp.split(table, num_parts, axis=-1)
  )
  return maps, neighborhoods


def _sum_pixels(
  num_parts: int, neighborhoods: Neighborhoods, gradients: tuple[jax.Array, ...]
) -> tuple[jax.Array, None]:
  del num_parts
  gradient = jnp.concatenate(gradients, axis=-1)
  shape = neighborhoods.ids.shape[0], gradient.shape[-1]
  sums = zeros_beside(gradient, shape, _wide(gradient.dtype))
  sums = sums.at[neighborhoods.number_map].add(
    gradient.astype(sums.dtype), mode='drop'
  )
  return sums.astype(gradient.dtype), None


lookup.defvjp(_lookup, _sum_pixels)


def _patches(
  table: jax.Array, neighborhoods: Neighborhoods, start: jax.Array
) -> tuple[jax.Array, jax.Array]:
  """Ids [BLOCK, 9] and vectors [BLOCK, 9 C] of a block of neighborhoods."""
  ids = jax.lax.dynamic_slice_in_dim(neighborhoods.ids, start, BLOCK)
  vectors = jnp.take(table, ids, axis=0, mode='fill', fill_value=0)
  return ids, vectors.reshape(BLOCK, -1)


def _wide(dtype: jnp.dtype) -> jnp.dtype:
  """That of sums: float32 at least."""
  return jnp.promote_types(dtype, jnp.float32)
