import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import semantic_input


def scene():
  """Label ids, raw Cityscapes ids and dense ids of a small random scene."""
  rng = np.random.default_rng(0)
  labels = rng.choice([7, 21, 24, 26], size=(2, 3, 5)).repeat(3, 1).repeat(2, 2)
  numbers = rng.integers(0, 3, size=(2, 9, 10)).repeat(1, 1)
  raw = np.where(labels >= 24, labels * 1000 + numbers, labels)
  things = np.unique(raw[raw >= 1000])
  dense = np.where(raw >= 1000, np.searchsorted(things, raw) + 1, 0)
  return labels, raw, dense


def edges_by_the_rule(raw):
  """1 where the raw id differs from any 4-neighbor, pixel by pixel."""
  batch, height, width = raw.shape
  edges = np.zeros(raw.shape)
  for b, y, x in np.ndindex(raw.shape):
    for dy, dx in ((0, 1), (1, 0), (0, -1), (-1, 0)):
      if 0 <= y + dy < height and 0 <= x + dx < width:
        edges[b, y, x] += raw[b, y, x] != raw[b, y + dy, x + dx]
  return edges > 0


def test_one_hot_of_the_labels():
  labels = jnp.array([[[0, 2]]], jnp.uint8)
  x = semantic_input.semantic_input(
    labels, labels, num_labels=3, use_edges=False
  )
  np.testing.assert_array_equal(x, [[[[1, 0, 0], [0, 0, 1]]]])


def test_labels_outside_the_table_give_zeros():
  labels = jnp.array([[[3, 255, -1]]])
  x = semantic_input.semantic_input(
    labels, labels, num_labels=3, use_edges=False
  )
  np.testing.assert_array_equal(x, np.zeros((1, 1, 3, 3)))


def test_edges_follow_gaugans_rule_on_raw_and_on_dense_ids():
  labels, raw, dense = scene()
  expected = edges_by_the_rule(raw)
  assert 0 < expected.mean() < 1
  for instance_map in (raw.astype(np.uint16), dense.astype(np.uint16)):
    x = semantic_input.semantic_input(
      jnp.asarray(labels, jnp.uint8),
      jnp.asarray(instance_map),
      num_labels=35,
      use_edges=True,
    )
    assert x.shape == (2, 9, 10, 36)
    np.testing.assert_array_equal(x[..., -1], expected)


@pytest.mark.parametrize('use_edges', [False, True])
def test_rows_of_the_table_make_up_the_input(use_edges):
  labels, raw, _ = scene()
  labels[0, 0, :4] = [-1, 255, 35, 34]
  kind = {'num_labels': 35, 'use_edges': use_edges}
  ids = semantic_input.semantic_ids(labels, raw, **kind)
  np.testing.assert_array_equal(
    semantic_input.semantic_table(**kind)[ids],
    semantic_input.semantic_input(labels, raw, **kind),
  )
  assert len(np.unique(ids[0, 0, :3] % 36)) == 1


def test_type_of_the_result():
  labels = jnp.zeros((1, 2, 2), jnp.uint8)
  x = semantic_input.semantic_input(
    labels, labels, num_labels=3, use_edges=True, dtype=jnp.bfloat16
  )
  assert x.dtype == jnp.bfloat16
