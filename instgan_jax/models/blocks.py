"""A loop over blocks of rows, as many as there are."""

from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp

Value = TypeVar('Value')


def for_each_block(
  count: jax.Array,
  size: int,
  step: Callable[[jax.Array, Value], Value],
  value: Value,
) -> Value:
  """Applies `value = step(start, value)` to the blocks of the first rows.

  Args:
    count: int32 scalar, of the rows.
    size: rows of a block. The last one may reach beyond `count`.
    step: of the first row of a block, int32.
    value: arrays, of the first step.
  """

  def next_block(state):
    start, value = state
    return start + size, step(start, value)

  start = jnp.zeros((), jnp.int32)
  return jax.lax.while_loop(
    lambda state: state[0] < count, next_block, (start, value)
  )[1]
