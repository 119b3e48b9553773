"""Random numbers as a function of (seed, example, stream), never stored.

An example's `position` in the stream of all examples stands for the step and
the row together. Resuming, and any split over devices and hosts, therefore
give the same numbers.
"""

import jax
import jax.numpy as jnp

# Streams of one seed.
INSTANCE_LATENTS = 0
IMAGE_STYLE = 1
INITIALIZATION = 2
SCALED_CROPS = 3


def stream_key(seed: int, stream: int) -> jax.Array:
  """The key of one stream."""
  return jax.random.fold_in(jax.random.key(seed), stream)


def example_normal(
  key: jax.Array, position: jax.Array, shape: tuple[int, ...]
) -> jax.Array:
  """Standard normal float32 [B, *shape], row b a function of `position[b]`."""

  def sample(position):
    return jax.random.normal(jax.random.fold_in(key, position), shape)

  return jax.vmap(sample)(position.astype(jnp.uint32))
