"""Conversion of public GauGAN weights (PyTorch state dicts) to variables.

The architecture is read from the shapes of the arrays, which leave two things
open: whether the upsampling is 'normal' or 'more', which have the same
parameters, and the size of the image. (With a latent, the number of pixels of
the first feature map is known.)

Few names differ: `G_middle_0` is `middle_0` here, `mlp_shared.0`, `mlp_gamma`,
`mlp_beta` are `shared`, `gamma`, `beta`, and the discriminator's
`discriminator_0.model1.0` is `scale_0/layer_1`.
"""

import math
from collections.abc import Mapping

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.weights import gaugan_layers, matching
from instgan_jax.weights.matching import Entry

StateDict = Mapping[str, np.ndarray]

# The public name of a block, ours, and its channels of input and output over
# base_channels.
BLOCKS = (
  ('head_0', 'head_0', 16, 16),
  ('G_middle_0', 'middle_0', 16, 16),
  ('G_middle_1', 'middle_1', 16, 16),
  ('up_0', 'up_0', 16, 8),
  ('up_1', 'up_1', 8, 4),
  ('up_2', 'up_2', 4, 2),
  ('up_3', 'up_3', 2, 1),
)
LAST_BLOCK_OF_MOST = ('up_4', 'up_4', 1, 0.5)
ENCODER_WIDTHS = (1, 2, 4, 8, 8, 8)
FIRST_OF_DISCRIMINATOR = 'discriminator_0.model0.0.weight'


def generator_options(state_dict: StateDict) -> dict:
  """Reads the architecture of a generator from its shapes.

  Args:
    state_dict: arrays by their public names.

  Returns:
    `base_channels`, `hidden_channels`, `input_channels` (labels, and one more
    with edges), `image_style_dim` (0 without a latent), `first_pixels` (pixels
    of the first feature map; 0 without a latent) and `is_most`: whether the
    upsampling is 'most' rather than 'normal' or 'more'.

  Raises:
    InputError: if an array from which these are read is missing.
  """
  shared = _shape(state_dict, 'head_0.norm_0.mlp_shared.0.weight', 4)
  first = _shape(state_dict, 'fc.weight')
  head = _shape(state_dict, 'head_0.conv_0.weight_orig', 4)
  return {
    'base_channels': head[0] // 16,
    'hidden_channels': shared[0],
    'input_channels': shared[1],
    'image_style_dim': first[1] if len(first) == 2 else 0,
    'first_pixels': first[0] // head[0] if len(first) == 2 else 0,
    'is_most': any(key.startswith('up_4.') for key in state_dict),
  }


def generator_variables(state_dict: StateDict) -> dict:
  """Converts a generator (`latest_net_G.pth`) for `Generator` of method L.

  Args:
    state_dict: arrays by their public names.

  Returns:
    {'params', 'batch_stats', 'spectral_stats'} of float32 arrays.

  Raises:
    InputError: listing every missing, extra or misshapen name.
  """
  options = generator_options(state_dict)
  base = options['base_channels']
  if options['image_style_dim']:
    entries = gaugan_layers.latent_entries(
      16 * base, *_shape(state_dict, 'fc.weight', 2)
    )
  else:
    shape = (16 * base, options['input_channels'], 3, 3)
    entries = matching.conv_entries('fc', ('fc',), shape)
  blocks = BLOCKS + (LAST_BLOCK_OF_MOST,) * options['is_most']
  for theirs, ours, in_width, out_width in blocks:
    entries += gaugan_layers.block_entries(
      theirs, ours, int(in_width * base), int(out_width * base), options
    )
  last = int(blocks[-1][-1] * base)
  entries += matching.conv_entries('conv_img', ('conv_img',), (3, last, 3, 3))
  return matching.convert(
    state_dict,
    entries,
    network='GauGAN generator',
    unused=lambda key: key.endswith('.num_batches_tracked'),
  )


def discriminator_options(state_dict: StateDict) -> dict:
  """Reads the architecture of a discriminator from its names and shapes.

  Args:
    state_dict: arrays by their public names.

  Returns:
    `base_channels`, `num_layers` and `num_scales`.

  Raises:
    InputError: if an array from which these are read is missing.
  """
  scales = {key.split('.')[0] for key in state_dict}
  layers = {key.split('.')[1] for key in state_dict if key.count('.') > 1}
  num_layers = sum(layer.startswith('model') for layer in layers) - 1
  return {
    'base_channels': _shape(state_dict, FIRST_OF_DISCRIMINATOR, 4)[0],
    'num_layers': max(num_layers, 1),
    'num_scales': sum(scale.startswith('discriminator_') for scale in scales),
  }


def encoder_options(state_dict: StateDict) -> dict:
  """Reads the architecture of an encoder from its shapes.

  Args:
    state_dict: arrays by their public names.

  Returns:
    `base_channels` and `style_dim`.

  Raises:
    InputError: if an array from which these are read is missing.
  """
  return {
    'base_channels': _shape(state_dict, 'layer1.0.weight_orig', 4)[0],
    'style_dim': _shape(state_dict, 'fc_mu.weight', 2)[0],
  }


def discriminator_variables(state_dict: StateDict) -> dict:
  """Converts a discriminator (`latest_net_D.pth`).

  Args:
    state_dict: arrays by their public names.

  Returns:
    {'params', 'spectral_stats'} for `MultiscaleDiscriminator`.

  Raises:
    InputError: listing every missing, extra or misshapen name.
  """
  options = discriminator_options(state_dict)
  in_channels = _shape(state_dict, FIRST_OF_DISCRIMINATOR, 4)[1]
  entries = []
  for scale in range(options['num_scales']):
    entries += gaugan_layers.patch_entries(
      scale, options['base_channels'], in_channels, options['num_layers']
    )
  return matching.convert(
    state_dict, entries, network='GauGAN discriminator (num_D scales)'
  )


def encoder_variables(state_dict: StateDict) -> dict:
  """Converts a style encoder (`latest_net_E.pth`).

  Args:
    state_dict: arrays by their public names.

  Returns:
    {'params', 'spectral_stats'} for `StyleEncoder`.

  Raises:
    InputError: listing every missing, extra or misshapen name.
  """
  options = encoder_options(state_dict)
  base, style_dim = options['base_channels'], options['style_dim']
  entries, in_channels = [], 3
  for layer, width in enumerate(ENCODER_WIDTHS):
    shape = (width * base, in_channels, 3, 3)
    entries += gaugan_layers.spectral_entries(
      f'layer{layer + 1}.0', (f'conv_{layer}',), shape, use_bias=False
    )
    in_channels = width * base
  dense_shape = (style_dim, in_channels * math.prod(gaugan_layers.ENCODER_SIZE))
  for theirs, ours in (('fc_mu', 'mean'), ('fc_var', 'log_variance')):
    path = ('params', ours)
    entries += [
      Entry(
        f'{theirs}.weight',
        dense_shape,
        (*path, 'kernel'),
        gaugan_layers.from_flat_map,
      ),
      Entry(
        f'{theirs}.bias', dense_shape[:1], (*path, 'bias'), matching.identity
      ),
    ]
  return matching.convert(state_dict, entries, network='GauGAN style encoder')


def _shape(
  state_dict: StateDict, key: str, num_dims: int | None = None
) -> tuple[int, ...]:
  """The shape of an array from which the architecture is read."""
  shape = np.shape(state_dict[key]) if key in state_dict else None
  if shape is None or num_dims not in (None, len(shape)):
    raise InputError(
      f'The state dict has no {key} {"" if shape is None else shape}, from '
      f'which the architecture is read; its names begin with '
      f'{sorted(state_dict)[:3]}. Give the state dict of the public network.'
    )
  return shape
