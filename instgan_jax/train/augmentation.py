"""Differentiable augmentation of what the discriminator sees.

DiffAugment (arXiv:2006.10738): the same random changes of real and generated
images, through which the gradient of the generator flows, so that a
discriminator cannot learn few photographs by heart. Here an image and its
generated twin are changed alike, which keeps their features comparable, and the
maps move with them. Strengths are the paper's.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp

from instgan_jax.train import randomness
from instgan_jax.train import views as views_lib

MAX_SHIFT = 1 / 8  # Of the image's height and width.
CUTOUT = 1 / 2  # Likewise.


def augment(
  views: views_lib.Views,
  kinds: Sequence[str],
  *,
  seed: int,
  position: jax.Array,
) -> views_lib.Views:
  """Changes each example as a function of the seed and its position.

  Args:
    views: of the batch.
    kinds: some of `KINDS`, in whatever order.
    seed: of the run.
    position: [B], see `randomness`.

  Returns:
    The views; `is_valid` is False in pixels from outside of the image and in
    those that are cut out.
  """
  root = randomness.stream_key(seed, randomness.AUGMENTATION)
  for index, (kind, change) in enumerate(KINDS.items()):
    if kind in kinds:
      numbers = randomness.example_uniform(
        jax.random.fold_in(root, index), position, (3,)
      )
      views = jax.vmap(change)(views, numbers)
  return views


def color(views: views_lib.Views, numbers: jax.Array) -> views_lib.Views:
  """Brightness by up to 0.5, saturation times 0 to 2, contrast 0.5 to 1.5.

  Args:
    views: of one example.
    numbers: [3], in [0, 1).
  """
  brightness, saturation, contrast = numbers

  def change(image: jax.Array) -> jax.Array:
    image = image + (brightness - 0.5)
    gray = jnp.mean(image, axis=-1, keepdims=True)
    image = gray + 2.0 * saturation * (image - gray)
    mean = jnp.mean(image)
    return mean + (0.5 + contrast) * (image - mean)

  return views._replace(real=change(views.real), fake=change(views.fake))


def translation(views: views_lib.Views, numbers: jax.Array) -> views_lib.Views:
  """Shifts images and maps by up to an eighth; zeros come in from outside.

  Args:
    views: of one example.
    numbers: [3], in [0, 1), the last one not used.
  """
  shape = views.label_map.shape
  starts, sides = [], []
  for number, size in zip(numbers[:2], shape, strict=True):
    largest = int(size * MAX_SHIFT)
    starts.append(jnp.floor(number * (2 * largest + 1)).astype(jnp.int32))
    sides.append((largest, largest))

  def shift(array: jax.Array) -> jax.Array:
    others = array.ndim - len(shape)
    padded = jnp.pad(array, [*sides, *[(0, 0)] * others])
    start = [*starts, *[jnp.int32(0)] * others]
    return jax.lax.dynamic_slice(padded, start, array.shape)

  return jax.tree.map(shift, views)


def cutout(views: views_lib.Views, numbers: jax.Array) -> views_lib.Views:
  """Grays a box of half the height and width, which may leave the image.

  Args:
    views: of one example.
    numbers: [3], in [0, 1), the last one not used.
  """
  is_cut = jnp.ones(views.label_map.shape, bool)
  for axis, number in enumerate(numbers[:2]):
    size = is_cut.shape[axis]
    middle = jnp.floor(number * size)
    distance = jnp.abs(jnp.arange(size) + 0.5 - middle)
    is_near = distance < size * CUTOUT / 2
    is_cut = is_cut & jnp.expand_dims(is_near, 1 - axis)
  # 0 is the middle of the range, as in the paper.
  is_left = ~is_cut[..., None]
  return views._replace(
    real=views.real * is_left,
    fake=views.fake * is_left,
    is_valid=views.is_valid & ~is_cut,
  )


Change = Callable[[views_lib.Views, jax.Array], views_lib.Views]
# By the paper's names, in its order.
KINDS: dict[str, Change] = {
  'color': color,
  'translation': translation,
  'cutout': cutout,
}
