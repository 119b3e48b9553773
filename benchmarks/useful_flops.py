"""How many floating-point operations GauGAN's training needs, per image.

Multiply-adds of the public networks, counted layer by layer, two operations
each; norms, activations and optimizers are left out. The counts belong to the
method and not to a program: one that computes something twice, or less than
this, is measured against the same number.
"""

from typing import NamedTuple

import ml_collections

from instgan_jax.models import generator as generator_lib
from instgan_jax.weights import gaugan, vgg19


class Work(NamedTuple):
  """Operations of one image.

  Attributes:
    forward: of the generator.
    gradient: of its forward and backward pass.
    update: of a whole iteration.
  """

  forward: int
  gradient: int
  update: int


def work(config: ml_collections.ConfigDict, *, use_vgg19: bool) -> Work:
  """The work for one image of a configuration, by GauGAN's networks.

  Instance styles and position map are not counted: they are to cost little.
  Gradients count where something needs them: of no label map, of no weight of
  VGG19, in the generator's half of no weight of the discriminator, in the other
  half of no image.
  """
  generator, of_labels = generator_macs(config)
  discriminator, of_image = discriminator_macs(config)
  perceptual = vgg19_macs(config) if use_vgg19 else 0
  gradient = 3 * generator - of_labels
  generator_half = gradient + 3 * discriminator + 3 * perceptual
  # Fake and real images, forward and the gradients of weights and features.
  discriminator_half = 2 * (3 * discriminator - of_image)
  if not config.share_generator_forward:
    discriminator_half += generator
  return Work(
    2 * generator, 2 * gradient, 2 * (generator_half + discriminator_half)
  )


def generator_macs(config: ml_collections.ConfigDict) -> tuple[int, int]:
  """Multiply-adds of an image, and of its layers that see labels."""
  model = config.model
  labels = model.num_labels + model.use_edges
  base, hidden = model.base_channels, model.hidden_channels
  stride = generator_lib.STRIDES[model.upsampling]
  is_most = model.upsampling == 'most'
  blocks = gaugan.BLOCKS + (gaugan.LAST_BLOCK_OF_MOST,) * is_most
  pixels = config.data.height * config.data.width // stride**2
  total = of_labels = pixels * 9 * labels * 16 * base
  for name, _, before_width, after_width in blocks:
    before, after = int(before_width * base), int(after_width * base)
    is_first = name == 'head_0'
    is_middle = name == 'G_middle_1' and model.upsampling == 'normal'
    pixels *= 1 if is_first or is_middle else 4
    middle = min(before, after)
    norms = [before, middle] + [before] * (before != after)
    shared = len(norms) * pixels * 9 * labels * hidden
    total += shared + pixels * 9 * hidden * 2 * sum(norms)
    total += pixels * 9 * middle * (before + after)
    total += pixels * before * after * (before != after)
    of_labels += shared
  return total + pixels * 9 * after * 3, of_labels


def discriminator_macs(config: ml_collections.ConfigDict) -> tuple[int, int]:
  """Multiply-adds of an image, and of its layers that see the image."""
  model, patches = config.model, config.discriminator
  height, width = config.data.height, config.data.width
  total = of_image = 0
  for _ in range(patches.num_scales):
    rows, columns = height, width
    before = model.num_labels + model.use_edges + 3
    for layer in range(patches.num_layers + 1):
      is_last = layer == patches.num_layers
      after = 1 if is_last else min(patches.base_channels * 2**layer, 512)
      stride = 1 if 0 < layer >= patches.num_layers - 1 else 2
      # 4x4 with two pixels of padding.
      rows, columns = rows // stride + 1, columns // stride + 1
      macs = rows * columns * 16 * before * after
      total += macs
      of_image += macs if layer == 0 else 0
      before = after
    height, width = (height + 1) // 2, (width + 1) // 2
  return total, of_image


def vgg19_macs(config: ml_collections.ConfigDict) -> int:
  """Multiply-adds of the features of an image."""
  total = 0
  for _, name, before, after in vgg19.CONVOLUTIONS:
    scale = 2 ** (int(name[4]) - 1)
    pixels = (config.data.height // scale) * (config.data.width // scale)
    total += pixels * 9 * before * after
  return total
