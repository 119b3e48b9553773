"""The two ranges of image values: uint8 0..255, and float in [-1, 1]."""

import jax
import jax.numpy as jnp
import numpy as np


def normalize(image: jax.Array) -> jax.Array:
  """uint8 0..255 -> float32 in [-1, 1]."""
  return image.astype(jnp.float32) / 127.5 - 1.0


def to_uint8(image):
  """Float in [-1, 1] -> uint8 0..255, rounded; numpy or JAX."""
  return ((image + 1.0) * 127.5).round().clip(0, 255).astype(np.uint8)
