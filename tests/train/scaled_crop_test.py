"""Random zoom of images together with their classes."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from instgan_jax.train import scaled_crop

pytestmark = pytest.mark.slow


def example(height, width):
  """Classes, and an image that shows them as its colors."""
  classes = np.random.default_rng(0).integers(1, 19, (height, width))
  return np.repeat(classes[..., None], 3, -1).astype(np.float32), classes


def test_scale_1_changes_nothing():
  image, classes = example(4, 6)
  cut, target = scaled_crop.scaled_crop(
    image, classes, 1.0, jnp.array([0.3, 0.7])
  )
  np.testing.assert_allclose(cut, image, atol=1e-6)
  np.testing.assert_array_equal(target, classes)


def test_scale_2_cuts_the_corner_that_place_names():
  image, classes = example(4, 6)
  for place, rows, columns in (
    ([0.0, 0.0], slice(0, 2), slice(0, 3)),
    ([1.0, 1.0], slice(2, 4), slice(3, 6)),
  ):
    cut, target = scaled_crop.scaled_crop(image, classes, 2.0, jnp.array(place))
    expected = np.kron(classes[rows, columns], np.ones((2, 2), int))
    np.testing.assert_array_equal(target, expected)
    # Pixel 1 lies at 0.25 between the pixels 0 and 1 of the image.
    top, left = rows.start, columns.start
    if not place[0]:
      a, b, c, d = image[top : top + 2, left : left + 2, 0].ravel()
      value = 0.5625 * a + 0.1875 * (b + c) + 0.0625 * d
      np.testing.assert_allclose(cut[1, 1, 0], value, rtol=1e-5)


def test_beside_a_smaller_image_is_the_mean_and_no_class():
  image, classes = example(4, 8)
  cut, target = scaled_crop.scaled_crop(image, classes, 0.5, jnp.ones(2))
  frame = np.ones((4, 8), bool)
  frame[2:, 4:] = False
  assert (target[frame] == scaled_crop.IGNORED).all()
  assert (np.asarray(cut)[frame] == 0).all()
  np.testing.assert_array_equal(target[2:, 4:], classes[1::2, 1::2])
  expected = image.reshape(2, 2, 4, 2, 3).mean((1, 3))
  np.testing.assert_allclose(cut[2:, 4:], expected, rtol=1e-5)


def test_a_crop_depends_on_seed_and_position_alone():
  image, classes = example(8, 8)
  images, targets = np.stack([image] * 3), np.stack([classes] * 3)

  def crops(positions, seed=0):
    n = len(positions)
    crops = jax.jit(
      lambda *args: scaled_crop.scaled_crops(
        *args, seed=seed, min_scale=0.5, max_scale=2.0
      )
    )
    return crops(images[:n], targets[:n], jnp.array(positions))[1]

  all_three = crops([4, 5, 6])
  np.testing.assert_array_equal(crops([5])[0], all_three[1])
  assert not np.array_equal(all_three[0], all_three[1])
  assert not np.array_equal(crops([5], seed=1)[0], all_three[1])
