"""The mode seeking loss (arXiv:1903.05628) inside instances."""

import jax
import jax.numpy as jnp

# Below it differences of images count as one. (The paper has 1e-5, which a
# generator whose heads begin at zero cannot: its two images are equal.)
EPSILON = 0.05


def mode_seeking_loss(
  *,
  images: tuple[jax.Array, jax.Array],
  latents: tuple[jax.Array, jax.Array],
  instance_map: jax.Array,
) -> jax.Array:
  """One over (difference of two images / difference of their latents).

  Both are mean absolute differences: of the colors in the instances of an
  image, and of the latents of these instances. An image without instances has
  the loss 0.

  Args:
    images: two of [B, H, W, 3], of the same maps.
    latents: of each, [B, N, D]; row i - 1 belongs to the id i.
    instance_map: [B, H, W] dense ids, 0 for none.

  Returns:
    float32 scalar, a mean over the batch.
  """
  is_instance = (instance_map > 0)[..., None].astype(jnp.float32)
  num_pixels = jnp.sum(is_instance, axis=(1, 2, 3))
  change = jnp.abs(images[0] - images[1]) * is_instance
  num_channels = change.shape[-1]
  of_images = jnp.sum(change, axis=(1, 2, 3)) / jnp.maximum(
    num_channels * num_pixels, 1.0
  )
  num_instances = jnp.max(instance_map, axis=(1, 2))
  numbers = jnp.arange(1, latents[0].shape[1] + 1)[None]
  is_present = (numbers <= num_instances[:, None])[..., None]
  distance = jnp.abs(latents[0] - latents[1]) * is_present
  of_latents = jnp.sum(distance, axis=(1, 2)) / jnp.maximum(
    latents[0].shape[-1] * num_instances, 1
  )
  ratio = of_images / jnp.maximum(of_latents, 1e-5)
  return jnp.mean(jnp.where(num_instances > 0, 1.0 / (ratio + EPSILON), 0.0))
