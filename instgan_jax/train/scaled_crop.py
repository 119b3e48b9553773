"""Random zoom for segmenters: pictures and their classes, scaled and cut."""

import jax
import jax.numpy as jnp

from instgan_jax.train import randomness

IGNORED = 255  # Train id of pixels without a class.


def scaled_crops(
  images: jax.Array,
  targets: jax.Array,
  positions: jax.Array,
  *,
  seed: int,
  min_scale: float,
  max_scale: float,
) -> tuple[jax.Array, jax.Array]:
  """Scales each example by a random factor and cuts it to its old size.

  The factor is uniform, one for both sides; so is the place of the cut, or of
  the smaller picture in its frame. What lies beside the picture is 0 and
  ignored. An example's draw depends on the seed and its position alone.

  Args:
    images: float [B, H, W, 3], normalised: 0 is the mean colour.
    targets: int [B, H, W], train ids.
    positions: [B], in the stream of examples.
    seed: of the draws.
    min_scale: above 0.
    max_scale: from `min_scale` on.

  Returns:
    The same shapes. Images are bilinear, targets the nearest pixels.
  """
  key = randomness.stream_key(seed, randomness.SCALED_CROPS)

  def crop(image, target, position):
    draws = jax.random.uniform(jax.random.fold_in(key, position), (3,))
    scale = min_scale + draws[0] * (max_scale - min_scale)
    return scaled_crop(image, target, scale, draws[1:])

  return jax.vmap(crop)(images, targets, positions.astype(jnp.uint32))


def scaled_crop(image, target, scale, place) -> tuple[jax.Array, jax.Array]:
  """One example: `place` [2] is 0 for the top or left, 1 for the other end."""
  sides = jnp.array(target.shape)
  shift = place * (sides - scale * sides)
  cut = jax.image.scale_and_translate(
    image,
    image.shape,
    (0, 1),
    jnp.stack([scale, scale]),
    shift,
    'linear',
    antialias=False,
  )
  rows, columns = (
    jnp.floor((jnp.arange(side) + 0.5 - start) / scale).astype(jnp.int32)
    for side, start in zip(target.shape, shift, strict=True)
  )
  rows, columns = rows[:, None], columns[None, :]
  is_inside = (
    (rows >= 0) & (rows < sides[0]) & (columns >= 0) & (columns < sides[1])
  )
  classes = target[
    jnp.clip(rows, 0, sides[0] - 1), jnp.clip(columns, 0, sides[1] - 1)
  ]
  return (
    jnp.where(is_inside[:, :, None], cut, 0.0),
    jnp.where(is_inside, classes, IGNORED),
  )
