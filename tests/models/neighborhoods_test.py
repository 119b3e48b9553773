import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import neighborhoods
from tests.models import float64, random_arrays

random = random_arrays.normal
find = jax.jit(neighborhoods.distinct)


def blocks_of_ids(shape=(2, 20, 37), num_ids=5, side=4, seed=0):
  """int32 [B, h, w] of squares, the last of which are cut."""
  batch, height, width = shape
  rng = np.random.default_rng(seed)
  ids = rng.integers(num_ids, size=(batch, height, width))
  ids = ids.repeat(side, 1).repeat(side, 2)[:, :height, :width]
  return ids.astype(np.int32)


def windows(id_map):
  """[B, h, w, 9], by numpy."""
  padded = np.pad(
    id_map, ((0, 0), (1, 1), (1, 1)), constant_values=neighborhoods.OUTSIDE
  )
  view = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
  return view.reshape(*id_map.shape, 9)


@pytest.mark.parametrize(
  'id_map',
  [
    blocks_of_ids(),
    np.zeros((1, 7, 9), np.int32),
    np.arange(2 * 6 * 5, dtype=np.int32).reshape(2, 6, 5),
    np.zeros((1, 1, 1), np.int32),
  ],
)
def test_every_distinct_neighborhood_is_found_once(id_map):
  found = find(id_map)
  np.testing.assert_array_equal(found.ids[found.number_map], windows(id_map))
  expected = np.unique(windows(id_map).reshape(-1, 9), axis=0)
  assert found.num_distinct == len(expected) == len(np.unique(found.number_map))


def test_equal_hashes_of_different_neighborhoods_are_told_apart():
  # 3 pixels share 6 slots: in 200 maps, hashes meet in both rounds.
  rng = np.random.default_rng(0)
  for id_map in rng.integers(99, size=(200, 1, 1, 3)).astype(np.int32):
    found = find(id_map)
    np.testing.assert_array_equal(found.ids[found.number_map], windows(id_map))
    assert found.num_distinct == 3


def test_the_images_of_a_batch_share_their_neighborhoods():
  id_map = blocks_of_ids((1, 12, 10))
  twice = find(np.concatenate([id_map, id_map]))
  assert twice.num_distinct == find(id_map).num_distinct
  np.testing.assert_array_equal(twice.number_map[0], twice.number_map[1])


@pytest.mark.parametrize('use_relu', [False, True])
def test_convolution_and_gradients_are_those_of_the_map(use_relu):
  # More neighborhoods than a block holds, of two images of an odd size.
  with float64.enabled():
    id_map = blocks_of_ids((2, 24, 25), side=3)
    found = find(id_map)
    assert neighborhoods.BLOCK < found.num_distinct < id_map.size
    arrays = tuple(
      jnp.asarray(random(shape, seed), jnp.float64)
      for seed, shape in enumerate([(5, 3), (3, 3, 3, 4), (4,)])
    )
    target = random((*id_map.shape, 4), 3)

    def deduplicated(table, kernel, bias):
      table = neighborhoods.convolve(table, kernel, bias, found, use_relu)
      return jnp.concatenate(neighborhoods.lookup(table, found, 2), -1)

    def dense(table, kernel, bias):
      y = jax.lax.conv_general_dilated(
        table[id_map],
        kernel,
        (1, 1),
        'SAME',
        dimension_numbers=('NHWC', 'HWIO', 'NHWC'),
      )
      y = y + bias.reshape(1, 1, 1, -1)
      return jax.nn.relu(y) if use_relu else y

    def value_and_gradients(form):
      y, pullback = jax.vjp(form, *arrays)
      return y, pullback(jnp.asarray(target, jnp.float64))

    jax.tree.map(
      lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12),
      jax.jit(lambda: value_and_gradients(deduplicated))(),
      jax.jit(lambda: value_and_gradients(dense))(),
    )


def test_gradient_of_a_bfloat16_lookup_is_summed_in_float32():
  # 1 + 1 + ... of 600 pixels; a bfloat16 sum would stop at 256.
  found = find(np.zeros((1, 22, 32), np.int32))
  table = jnp.zeros((found.ids.shape[0], 1), jnp.bfloat16)
  gradient = jax.grad(
    lambda table: (
      neighborhoods.lookup(table, found, 1)[0].astype(jnp.float32).sum()
    )
  )(table)
  # The interior, then the eight kinds of border.
  assert np.sort(np.asarray(gradient, np.float32)[:, 0])[-1] == 20 * 30
