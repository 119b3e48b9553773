"""GauGAN's discriminator and OASIS's beside each other.

The first one compares an image with its photograph (feature matching), the
second one has the same weight for every class, however small.
"""

import jax
from flax import linen as nn

PARTS = ('patch', 'segmentation')


class JointDiscriminator(nn.Module):
  """Two discriminators of one image, each with parameters of its own.

  Attributes:
    patch: `models.discriminator.MultiscaleDiscriminator`.
    segmentation: `models.segmentation_discriminator`.
  """

  patch: nn.Module
  segmentation: nn.Module

  def __call__(
    self,
    label_map: jax.Array,
    instance_map: jax.Array,
    image: jax.Array,
    *,
    train: bool,
  ) -> dict:
    """What each one gives, see there, by its name in `PARTS`."""
    return {
      part: getattr(self, part)(label_map, instance_map, image, train=train)
      for part in PARTS
    }
