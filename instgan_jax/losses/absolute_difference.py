"""The mean absolute difference (L1), also of some images of a batch alone."""

import jax
import jax.numpy as jnp


def mean_absolute_difference(
  *,
  real: jax.Array,
  fake: jax.Array,
  image_weights: jax.Array | None = None,
) -> jax.Array:
  """The mean of |fake - real| over all values.

  No gradient flows into `real`.

  Args:
    real: images or their features, of any shape.
    fake: of the same shape.
    image_weights: [B], by which the mean of each image is multiplied before
      that over the batch; None for 1 each.

  Returns:
    float32 scalar.
  """
  real = jax.lax.stop_gradient(real)
  distance = jnp.abs(fake.astype(jnp.float32) - real.astype(jnp.float32))
  if image_weights is None:
    return jnp.mean(distance)
  of_images = jnp.mean(distance, axis=tuple(range(1, distance.ndim)))
  return jnp.mean(of_images * image_weights)
