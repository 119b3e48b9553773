"""Maps move with their images; real and generated images change alike."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.train import augmentation, views

SIZE = (16, 32)
IDS = np.arange(1, 2 * 16 * 32 + 1).reshape(2, *SIZE)
POSITION = np.arange(2, dtype=np.uint32)


def make_views():
  """Images whose channels hold the ids of the pixels."""
  image = np.repeat(IDS[..., None], 3, axis=-1).astype(np.float32)
  return views.Views(IDS, 2 * IDS, image, 3 * image, np.ones(IDS.shape, bool))


@functools.partial(jax.jit, static_argnums=0)
def augment(kinds, position=POSITION):
  return augmentation.augment(make_views(), kinds, seed=0, position=position)


@pytest.mark.parametrize('kinds', [('translation',), ('translation', 'cutout')])
def test_maps_and_images_stay_aligned(kinds):
  after = augment(kinds)
  valid = np.asarray(after.is_valid)
  assert 0.3 < valid.mean() < 1.0
  np.testing.assert_array_equal(
    after.real[..., 0], np.where(valid, after.label_map, 0)
  )
  np.testing.assert_array_equal(after.fake, 3 * after.real)
  np.testing.assert_array_equal(after.instance_map, 2 * after.label_map)


def test_a_shift_is_of_an_eighth_at_most_and_of_zeros():
  position = np.arange(160, dtype=np.uint32)
  shifts = set()
  for p in range(0, 160, 2):
    label_map = augment(('translation',), position[p : p + 2]).label_map
    for before, after in zip(IDS, np.asarray(label_map), strict=True):
      rows, columns = np.nonzero(after)
      row, column = rows[0], columns[0]
      old = np.argwhere(before == after[row, column])[0]
      shifts.add((int(row - old[0]), int(column - old[1])))
  assert {y for y, _ in shifts} == set(range(-2, 3))
  assert {x for _, x in shifts} == set(range(-4, 5))


def test_a_cutout_is_half_of_each_side_where_it_is_inside():
  counts = [
    (~np.asarray(augment(('cutout',), POSITION + k).is_valid)).sum((1, 2))
    for k in range(0, 40, 2)
  ]
  assert np.max(counts) == 8 * 16 and np.min(counts) >= 4 * 8
  after = augment(('cutout',))
  np.testing.assert_array_equal(after.label_map, IDS)


def test_colors_change_by_a_function_of_the_position():
  after, again = augment(('color',)), augment(('color',), POSITION + 1)
  assert (after.label_map == IDS).all() and after.is_valid.all()
  assert (after.real != make_views().real).any()
  # The same example elsewhere in the batch; other examples have other changes.
  single = views.Views(*(x[1:] for x in make_views()))
  alone = augmentation.augment(
    single, ('color',), seed=0, position=jnp.array([1], jnp.uint32)
  )
  np.testing.assert_allclose(alone.real[0], after.real[1], rtol=1e-5)
  assert (after.real[1] != again.real[1]).any()


def test_gray_images_are_changed_linearly():
  # Brightness adds b - 0.5, contrast scales around the mean by c + 0.5.
  image = jnp.array([[[0.0] * 3, [1.0] * 3]])
  ids = jnp.zeros((1, 2), int)
  given = views.Views(ids, ids, image, image, ids > -1)
  after = augmentation.color(given, jnp.array([0.75, 0.9, 0.25]))
  np.testing.assert_allclose(after.real[0, :, 0], [0.375, 1.125], rtol=1e-6)


def test_the_gradient_flows_through_to_the_generated_image():
  def total(fake):
    after = augmentation.augment(
      make_views()._replace(fake=fake),
      tuple(augmentation.KINDS),
      seed=0,
      position=POSITION,
    )
    return jnp.sum(after.fake**2)

  gradient = jax.jit(jax.grad(total))(make_views().fake)
  assert np.isfinite(gradient).all() and (gradient != 0).any()
