"""A plain matrix product: what the device can do, to compare networks with."""

from collections.abc import Callable

import jax
import jax.numpy as jnp


def variant(dtype: str) -> tuple[Callable[[], jax.Array], int]:
  """A product of two square matrices, and its floating-point operations.

  Args:
    dtype: 'float32' (on GPUs with TF32, as the networks) or 'bfloat16'.
  """
  size = 2048 if jax.default_backend() == 'cpu' else 8192
  keys = jax.random.split(jax.random.key(0))
  a, b = (jax.random.normal(key, (size, size), dtype) for key in keys)
  product = jax.jit(jnp.matmul)
  return lambda: product(a, b), 2 * size**3
