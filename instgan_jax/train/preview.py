"""Pictures of the current generator on a few val scenes."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from data_pipeline import batch as batch_lib
from instgan_jax.train import randomness

Batch = dict[str, np.ndarray]


def make_draw(
  generator: nn.Module, latent_shape: tuple[int, int]
) -> Callable[..., np.ndarray]:
  """Builds `draw(variables, batch, seed) -> uint8 [B, H, W, 3]`.

  The generator runs in evaluation mode. The style of an example depends on
  (seed, its position) alone, not on the batch it is drawn in.
  """

  @jax.jit
  def run(variables, label_map, instance_map, position, seed):
    latent_key = jax.random.fold_in(
      jax.random.key(seed), randomness.INSTANCE_LATENTS
    )
    style_key = jax.random.fold_in(jax.random.key(seed), randomness.IMAGE_STYLE)
    image_style = None
    if generator.image_style_dim:
      image_style = randomness.example_normal(
        style_key, position, (generator.image_style_dim,)
      )
    image = generator.apply(
      variables,
      label_map.astype(jnp.int32),
      instance_map.astype(jnp.int32),
      randomness.example_normal(latent_key, position, latent_shape),
      image_style,
      train=False,
    )
    return to_uint8(image)

  def draw(variables, batch: Batch, seed: int) -> np.ndarray:
    return np.asarray(
      run(
        variables,
        batch[batch_lib.LABEL_MAP],
        batch[batch_lib.INSTANCE_MAP],
        batch[batch_lib.POSITION],
        seed,
      )
    )

  return draw


def to_uint8(image):
  """[-1, 1] -> 0..255, numpy or JAX."""
  return ((image + 1.0) * 127.5).round().clip(0, 255).astype(np.uint8)
