"""Random scaled crops for segmenters: images and their classes."""

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

  The factor is uniform, one for both sides; so is the offset of the crop, or of
  the smaller image in its frame. What is outside of the image is 0 and ignored.
  An example's crop depends on the seed and its position alone.

  Args:
    images: float [B, H, W, 3], normalized: 0 is the mean color.
    targets: int [B, H, W], train ids.
    positions: [B], in the stream of examples.
    seed: of factors and offsets.
    min_scale: above 0.
    max_scale: from `min_scale` on.

  Returns:
    The same shapes. Images are bilinear, targets the nearest pixels.
  """
  key = randomness.stream_key(seed, randomness.SCALED_CROPS)

  def crop(image, target, position):
    samples = jax.random.uniform(jax.random.fold_in(key, position), (3,))
    scale = min_scale + samples[0] * (max_scale - min_scale)
    return scaled_crop(image, target, scale, samples[1:])

  return jax.vmap(crop)(images, targets, positions.astype(jnp.uint32))


def scaled_crop(image, target, scale, offset) -> tuple[jax.Array, jax.Array]:
  """One example: `offset` [2] is 0 for the top or left, 1 for the other end."""
  sides = jnp.array(target.shape)
  shift = offset * (sides - scale * sides)
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
