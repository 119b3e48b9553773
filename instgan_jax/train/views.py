"""What the discriminator sees of a batch."""

from typing import NamedTuple

import jax


class Views(NamedTuple):
  """Real and generated images beside each other, and their maps.

  Attributes:
    label_map: int32 [B, H, W].
    instance_map: int32 [B, H, W].
    real: float32 [B, H, W, 3].
    fake: float32 [B, H, W, 3], with gradient.
    is_valid: bool [B, H, W], the pixels that show something of an image.
  """

  label_map: jax.Array
  instance_map: jax.Array
  real: jax.Array
  fake: jax.Array
  is_valid: jax.Array
