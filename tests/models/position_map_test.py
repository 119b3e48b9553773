import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.models import position_map

SIGNS = ((1, 1), (-1, 1), (1, -1), (-1, -1))


def scene():
  """[2, 12, 20]: fragments, boxes of one pixel, row, column, and the image."""
  ids = np.zeros((2, 12, 20), np.uint16)
  ids[0, 2:5, 3:9] = 1
  ids[0, 3, 5:7] = 2  # Inside the box of 1.
  ids[0, 7, 7] = 3
  ids[0, 9, 0:6] = 4
  ids[0, 4:11, 19] = 5
  ids[0, 10, 2] = ids[0, 6, 12] = 6  # Two fragments.
  ids[0, 11, 13:15] = 9  # Not every id is there.
  ids[1] = 1  # Over the whole image.
  return ids


def naive_map(ids, num_channels=128):
  """Equation (2), pixel by pixel, in float64."""
  result = np.zeros((*ids.shape, num_channels))
  for b in range(len(ids)):
    for instance in set(ids[b].flat) - {0}:
      rows, columns = np.nonzero(ids[b] == instance)
      x1, y1 = columns.min(), rows.min()
      width, height = columns.max() - x1, rows.max() - y1
      for y, x in zip(rows, columns, strict=True):
        u = 2 * (x - x1) / width - 1 if width else 0.0
        v = 2 * (y - y1) / height - 1 if height else 0.0
        for i in range(num_channels // 4):
          p_x = np.sin(u * 4 * i / num_channels)
          p_y = np.sin(v * 4 * i / num_channels)
          for k, (d_x, d_y) in enumerate(SIGNS):
            result[b, y, x, 4 * i + k] = d_x * p_x + d_y * p_y
  return result


@functools.partial(jax.jit, static_argnames='num_instances')
def positions(ids, num_instances=9):
  return position_map.relative_position(ids, num_instances=num_instances)


@jax.jit
def position_maps(positions):
  return position_map.position_map(position_map.position_basis(positions))


def test_largest_values_by_comparison_and_by_scatter():
  rng = np.random.default_rng(0)
  values = rng.integers(-50, 50, (12, 20, 4)).astype(np.int32)
  ids = scene().astype(np.int32)
  np.testing.assert_array_equal(
    position_map.largest_by_comparison(jnp.asarray(values), ids, 8),
    position_map.largest_by_scatter(jnp.asarray(values), ids, 8),
  )


def test_equation_2():
  ids = scene()
  maps = position_maps(positions(ids))
  assert maps.shape == (2, 12, 20, 128)
  np.testing.assert_allclose(maps, naive_map(ids), atol=1e-6)


def test_corners_of_a_box_by_hand():
  position = positions(scene())
  np.testing.assert_array_equal(position[0, 2, 3], [-1, -1])
  np.testing.assert_array_equal(position[0, 4, 8], [1, 1])
  # Column 5 is the third of six, 2 * 2 / 5 - 1; row 4 the last.
  np.testing.assert_allclose(position[0, 4, 5], [-0.2, 1], rtol=1e-6)
  np.testing.assert_array_equal(position[0, 7, 7], [0, 0])
  np.testing.assert_array_equal(position[1, 0, 19], [1, -1])


def test_pixels_outside_every_instance_are_zero():
  ids = scene()
  outside = np.asarray(position_maps(positions(ids)))[ids == 0]
  np.testing.assert_array_equal(outside, np.zeros_like(outside))


def test_mirroring_negates_the_horizontal_position_to_the_bit():
  rng = np.random.default_rng(0)
  ids = rng.integers(0, 9, (2, 64, 128)).astype(np.uint16)
  ids = np.where(np.arange(128) % 7 == 3, ids, 0)
  position = positions(ids)
  mirrored = positions(ids[:, :, ::-1])[:, :, ::-1]
  np.testing.assert_array_equal(mirrored[..., 0], -position[..., 0])
  np.testing.assert_array_equal(mirrored[..., 1], position[..., 1])


def test_renumbering_changes_nothing():
  ids = scene()
  numbers = np.array([0, 4, 7, 1, 2, 6, 3, 8, 9, 5], np.uint16)
  np.testing.assert_array_equal(positions(numbers[ids]), positions(ids))


def test_ids_over_the_maximum_get_no_position():
  ids = scene()
  position = positions(ids, num_instances=5)
  np.testing.assert_array_equal(position[ids > 5], 0)
  np.testing.assert_array_equal(position[ids <= 5], positions(ids)[ids <= 5])


def test_no_instances_at_all():
  position = positions(np.zeros((1, 4, 4), np.uint16), num_instances=0)
  np.testing.assert_array_equal(position, np.zeros((1, 4, 4, 2)))


@pytest.mark.parametrize('frequencies', ['paper', 'octaves'])
def test_folded_kernel_on_the_sines_equals_the_kernel_on_the_map(frequencies):
  basis = position_map.position_basis(
    positions(scene()), num_channels=32, frequencies=frequencies
  )
  rng = np.random.default_rng(0)
  kernel = rng.standard_normal((32, 6)).astype(np.float32)
  expected = position_map.position_map(basis) @ kernel
  folded = position_map.fold_kernel(kernel)
  assert folded.shape == (16, 6)
  np.testing.assert_allclose(basis.sines @ folded, expected, atol=1e-5)


def test_eight_polynomials_are_the_sines_within_float32s_rounding():
  u = np.linspace(-1, 1, 1001, dtype=np.float32)
  basis = position_map.position_basis(jnp.stack([u, -0.3 * u], axis=-1))
  assert basis.polynomials.shape == (1001, 8)
  rates = 4 * np.arange(32) / 128
  exact = np.sin(np.outer(u.astype(np.float64), rates))
  expansion = np.asarray(
    position_map.kernel_on_polynomials(np.eye(64, dtype=np.float32))
  )
  sines = np.asarray(basis.polynomials) @ expansion
  np.testing.assert_allclose(sines, basis.sines, atol=2e-7)
  np.testing.assert_allclose(sines[:, :32], exact, atol=2e-7)
  t = [np.cos(n * np.arccos(u.astype(np.float64))) for n in (1, 3, 5, 7)]
  np.testing.assert_allclose(
    np.stack(t, axis=-1) @ expansion[:4, :32], exact, atol=3e-8
  )


def test_octaves_go_from_half_a_wave_to_more_than_seven():
  u = jnp.linspace(-1, 1, 1001)
  position = jnp.stack([u, jnp.zeros_like(u)], axis=-1)
  basis = position_map.position_basis(position, frequencies='octaves')
  assert basis.polynomials is None
  sines = basis.sines
  crossings = np.sum(np.diff(np.sign(sines[:, :32]), axis=0) != 0, axis=0)
  np.testing.assert_allclose(sines[-1, 0], 1.0, rtol=1e-6)  # sin(pi / 2).
  assert np.all(np.diff(crossings) >= 0)
  assert crossings[-1] >= 14


def test_unknown_frequencies():
  with pytest.raises(ValueError, match="'high' .*'octaves', 'paper'"):
    position_map.position_basis(jnp.zeros((1, 2)), frequencies='high')


def test_channels_come_in_fours():
  with pytest.raises(ValueError, match='multiple of 4 .* 30'):
    position_map.position_basis(jnp.zeros((1, 2)), num_channels=30)
