"""Conversion of torchvision's VGG19 weights for `pretrained.vgg19`."""

from collections.abc import Mapping

import numpy as np

from instgan_jax.weights import matching

# The index in torchvision's `features`, our name, input and output channels.
CONVOLUTIONS = (
  (0, 'conv1_1', 3, 64),
  (2, 'conv1_2', 64, 64),
  (5, 'conv2_1', 64, 128),
  (7, 'conv2_2', 128, 128),
  (10, 'conv3_1', 128, 256),
  (12, 'conv3_2', 256, 256),
  (14, 'conv3_3', 256, 256),
  (16, 'conv3_4', 256, 256),
  (19, 'conv4_1', 256, 512),
  (21, 'conv4_2', 512, 512),
  (23, 'conv4_3', 512, 512),
  (25, 'conv4_4', 512, 512),
  (28, 'conv5_1', 512, 512),
)
# The layers after relu5_1.
UNUSED = (
  'features.30.',
  'features.32.',
  'features.34.',
  'classifier.0.',
  'classifier.3.',
  'classifier.6.',
)


def vgg19_variables(state_dict: Mapping[str, np.ndarray]) -> dict:
  """Converts the state dict of torchvision's `vgg19`.

  The layers after relu5_1, which the perceptual loss does not use, may be
  missing.

  Args:
    state_dict: arrays by their public names.

  Returns:
    {'params': ...} for `pretrained.vgg19.Vgg19`.

  Raises:
    InputError: listing every missing, extra or misshapen name.
  """
  entries = []
  for number, name, in_channels, channels in CONVOLUTIONS:
    shape = (channels, in_channels, 3, 3)
    entries += matching.conv_entries(f'features.{number}', (name,), shape)
  return matching.convert(
    state_dict,
    entries,
    network='VGG19 of torchvision',
    unused=lambda key: key.startswith(UNUSED),
  )
