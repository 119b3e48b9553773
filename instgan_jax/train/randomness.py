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
PRIOR_IMAGES = 4
LABEL_MIX = 5
AUGMENTATION = 6
OTHER_LATENTS = 7


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


def example_uniform(
  key: jax.Array, position: jax.Array, shape: tuple[int, ...]
) -> jax.Array:
  """As `example_normal`, from [0, 1)."""

  def sample(position):
    return jax.random.uniform(jax.random.fold_in(key, position), shape)

  return jax.vmap(sample)(position.astype(jnp.uint32))


def example_share(
  key: jax.Array, position: jax.Array, share: float
) -> jax.Array:
  """Chooses a share of all examples: bool [B], row b of `position[b]` alone.

  Evenly, by multiples of the golden ratio (a Weyl sequence) from an offset that
  the key gives: of a half, between one and three of any four neighbors.
  """
  offset = jax.random.bits(key, (), jnp.uint32)
  golden = jnp.uint32(2654435769)  # 2^32 / 1.618, odd; the product wraps.
  fraction = (position.astype(jnp.uint32) * golden + offset) / 2.0**32
  return fraction < share
