"""Random inputs and variables, made by numpy alone: nothing is compiled."""

import functools

import jax
import numpy as np


def normal(shape, seed=0):
  """float32 array from N(0, 1)."""
  rng = np.random.default_rng(seed)
  return rng.standard_normal(shape).astype(np.float32)


def shapes(module, *args):
  """The shapes of the variables of `module`, without computing them."""
  return jax.eval_shape(
    functools.partial(module.init, train=False), jax.random.key(0), *args
  )


def variables(module, *args, seed=1):
  """Random variables, larger than the initial ones, so that all of them matter.

  Kernels, biases, means and the vectors of spectral norms are from N(0, 0.09),
  variances at least 0.5.
  """
  rng = np.random.default_rng(seed)

  def fill(path, leaf):
    values = 0.3 * rng.standard_normal(leaf.shape)
    if path[-1].key == 'var':
      values = 0.5 + values**2
    return values.astype(np.float32)

  return jax.tree_util.tree_map_with_path(fill, shapes(module, *args))
