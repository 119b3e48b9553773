"""Names, differences and hashes of trees of arrays."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.checkpoints import tree


def test_differences_name_missing_extra_and_misshapen():
  given = {'a': np.zeros(2), 'b': {'c': np.zeros(3)}}
  wanted = {'a': np.zeros(4), 'b': {'d': np.zeros(3)}}
  assert tree.differences(given, wanted) == [
    'a is (2,), the model has (4,)',
    'b/c is not in this model',
    'b/d is missing',
  ]


def test_equal_shapes_do_not_differ():
  given = {'a': np.ones(2), 'b': {'c': np.zeros(())}}
  wanted = jax.eval_shape(lambda: jax.tree.map(jnp.asarray, given))
  assert tree.differences(given, wanted) == []


def test_paths_go_through_dicts_and_classes_alike():
  @jax.tree_util.register_dataclass
  @dataclasses.dataclass
  class State:
    params: dict
    moments: tuple

  state = State({'conv': {'kernel': 1}}, (2, 3))
  assert tree.by_path({'state': state}) == {
    'state/params/conv/kernel': 1,
    'state/moments/0': 2,
    'state/moments/1': 3,
  }


@pytest.mark.parametrize(
  'other',
  [
    {'a': np.array([1.0, 3.0]), 'b': np.zeros(1)},  # A value.
    {'a': np.array([1.0, 2.0]), 'c': np.zeros(1)},  # A name.
    {'a': np.array([[1.0, 2.0]]), 'b': np.zeros(1)},  # A shape.
  ],
)
def test_hash_tells_trees_apart(other):
  first = {'a': np.array([1.0, 2.0]), 'b': np.zeros(1)}
  assert tree.sha256(first) != tree.sha256(other)


def test_hash_depends_on_values_alone_and_stays():
  host = {'b': np.zeros(1, np.float32), 'a': np.float32([1.0, 2.0])}
  device = jax.tree.map(jnp.asarray, {'a': host['a'], 'b': host['b']})
  # SHA-256 of b"['a'] (2,)", the bytes of a, b"['b'] (1,)", those of b.
  expected = '86252bf74735cd4a283c3ea8f84878cfa1796b9d451859dee7907f5bc46a18e3'
  assert tree.sha256(host) == tree.sha256(device) == expected
