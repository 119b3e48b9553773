"""The modules that take part in the training of a GAN."""

import dataclasses
from collections.abc import Callable
from typing import Any

import jax
from flax import linen as nn

from data_pipeline import batch

Features = Callable[[Any, jax.Array], Any]


@dataclasses.dataclass(frozen=True)
class Networks:
  """The modules of one training run.

  Attributes:
    generator: `(label_map, instance_map, latents, image_style) -> image`.
    discriminator: `(label_map, instance_map, image)` -> what its adversary
      takes.
    encoder: `image -> (mean, log_variance)` of the image style, or None.
    instance_encoder: `(image, instance_map) -> (mean, log_variance)` of the
      instance latents, or None.
    vgg19: `(variables, image) -> features`, a tuple, for the perceptual loss;
      or None.
    latent_shape: (instances, values) of the instance latents of an example.
  """

  generator: nn.Module
  discriminator: nn.Module
  encoder: nn.Module | None = None
  instance_encoder: nn.Module | None = None
  vgg19: Features | None = None
  latent_shape: tuple[int, int] = (batch.MAX_INSTANCES, 64)
