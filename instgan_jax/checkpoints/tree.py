"""Trees of arrays: their names, how two differ, and their hash."""

import hashlib
from typing import Any

import jax
from flax import traverse_util


def by_path(tree: Any) -> dict[str, Any]:
  """The leaves by their path 'a/b/c', through dicts and classes alike."""
  return {
    jax.tree_util.keystr(path, simple=True, separator='/'): leaf
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
  }


def differences(given: Any, expected: Any) -> list[str]:
  """How two trees of arrays differ in names and shapes, a line each.

  Args:
    given: nested dicts of arrays.
    expected: nested dicts of arrays or of their shapes, of a model.
  """
  given = traverse_util.flatten_dict(given, sep='/')
  expected = traverse_util.flatten_dict(expected, sep='/')
  lines = []
  for name in sorted(given.keys() | expected.keys()):
    if name not in given:
      lines.append(f'{name} is missing')
    elif name not in expected:
      lines.append(f'{name} is not in this model')
    elif given[name].shape != expected[name].shape:
      lines.append(
        f'{name} is {given[name].shape}, the model has {expected[name].shape}'
      )
  return lines


def sha256(tree: Any) -> str:
  """SHA-256 over the names, shapes and bytes of all arrays of a tree."""
  digest = hashlib.sha256()
  for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
    leaf = jax.device_get(leaf)
    digest.update(f'{jax.tree_util.keystr(path)} {leaf.shape}'.encode())
    digest.update(leaf.tobytes())
  return digest.hexdigest()
