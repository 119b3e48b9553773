"""How far float32 numbers may be from those of a float64 twin."""

import jax
import numpy as np


def errors(actual, exact):
  """{name: largest difference over the largest exact value} of two trees."""
  differences = jax.tree.map(_relative_error, actual, exact)
  leaves = jax.tree_util.tree_leaves_with_path(differences)
  return {jax.tree_util.keystr(path): error for path, error in leaves}


def assert_as_precise(ours, single, double, *, floor):
  """Our rounding is of the size of that of PyTorch in float32.

  Args:
    ours: a tree of arrays.
    single: the same of a twin in float32.
    double: the same of a twin in float64.
    floor: the relative error that is let pass in any case.
  """
  theirs = errors(single, double)
  for name, error in errors(ours, double).items():
    allowed = max(4 * theirs[name], floor)
    assert error <= allowed, f'{name}: {error:.1e}, PyTorch {theirs[name]:.1e}'


def _relative_error(actual, exact):
  actual, exact = np.asarray(actual), np.asarray(exact)
  assert actual.shape == exact.shape
  difference = np.abs(actual.astype(np.float64) - exact).max()
  return difference / max(np.abs(exact).max(), 1e-30)
