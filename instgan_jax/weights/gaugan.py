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
from instgan_jax.weights import matching
from instgan_jax.weights.matching import Entry

StateDict = Mapping[str, np.ndarray]
Path = tuple[str, ...]

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
# Height and width of the encoder's last feature map: 256 halved six times.
ENCODER_SIZE = (4, 4)


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
    entries = _latent_entries(16 * base, *_shape(state_dict, 'fc.weight', 2))
  else:
    shape = (16 * base, options['input_channels'], 3, 3)
    entries = matching.conv_entries('fc', ('fc',), shape)
  blocks = BLOCKS + (LAST_BLOCK_OF_MOST,) * options['is_most']
  for theirs, ours, in_width, out_width in blocks:
    entries += _block_entries(
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
    entries += _patch_entries(
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
    entries += _spectral_entries(
      f'layer{layer + 1}.0', (f'conv_{layer}',), shape, use_bias=False
    )
    in_channels = width * base
  dense_shape = (style_dim, in_channels * math.prod(ENCODER_SIZE))
  for theirs, ours in (('fc_mu', 'mean'), ('fc_var', 'log_variance')):
    path = ('params', ours)
    entries += [
      Entry(f'{theirs}.weight', dense_shape, (*path, 'kernel'), _from_flat_map),
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


def _block_entries(
  theirs: str, ours: str, in_channels: int, out_channels: int, options: dict
) -> list[Entry]:
  """The entries of a residual block."""
  middle = min(in_channels, out_channels)
  entries = _spectral_entries(
    f'{theirs}.conv_0', (ours, 'conv_0'), (middle, in_channels, 3, 3)
  )
  entries += _spectral_entries(
    f'{theirs}.conv_1', (ours, 'conv_1'), (out_channels, middle, 3, 3)
  )
  norms = {'norm_0': in_channels, 'norm_1': middle}
  if in_channels != out_channels:
    norms['norm_s'] = in_channels
    shape = (out_channels, in_channels, 1, 1)
    entries += _spectral_entries(
      f'{theirs}.conv_s', (ours, 'conv_s'), shape, use_bias=False
    )
  for norm, norm_channels in norms.items():
    entries += _spade_entries(
      f'{theirs}.{norm}', (ours, norm), norm_channels, options
    )
  return entries


def _spade_entries(
  key: str, path: Path, channels: int, options: dict
) -> list[Entry]:
  """The entries of a SPADE layer."""
  hidden = options['hidden_channels']
  shapes = {
    'mlp_shared.0': ('shared', (hidden, options['input_channels'], 3, 3)),
    'mlp_gamma': ('gamma', (channels, hidden, 3, 3)),
    'mlp_beta': ('beta', (channels, hidden, 3, 3)),
  }
  entries = []
  for theirs, (ours, shape) in shapes.items():
    entries += matching.conv_entries(f'{key}.{theirs}', (*path, ours), shape)
  for name in ('mean', 'var'):
    entries.append(
      Entry(
        f'{key}.param_free_norm.running_{name}',
        (channels,),
        ('batch_stats', *path, 'norm', name),
        matching.identity,
      )
    )
  return entries


def _patch_entries(
  scale: int, base: int, in_channels: int, num_layers: int
) -> list[Entry]:
  """The entries of the patch discriminator of one scale."""
  entries = []
  for layer in range(num_layers):
    channels = min(base * 2**layer, 512)
    shape = (channels, in_channels, 4, 4)
    key = f'discriminator_{scale}.model{layer}.0'
    path = (f'scale_{scale}', f'layer_{layer}')
    if layer == 0:
      entries += matching.conv_entries(key, path, shape)
    else:
      entries += _spectral_entries(f'{key}.0', path, shape, use_bias=False)
    in_channels = channels
  key = f'discriminator_{scale}.model{num_layers}.0'
  path = (f'scale_{scale}', f'layer_{num_layers}')
  return entries + matching.conv_entries(key, path, (1, in_channels, 4, 4))


def _spectral_entries(
  key: str, path: Path, shape: tuple[int, ...], *, use_bias: bool = True
) -> list[Entry]:
  """The entries of a convolution with spectral norm, [out, in, kh, kw]."""

  def convert_v(v: np.ndarray) -> np.ndarray:
    # PyTorch flattens the kernel as [in, kh, kw], we as [kh, kw, in].
    return v.reshape(shape[1:]).transpose(1, 2, 0).reshape(-1)

  stats = ('spectral_stats', *path)
  params = ('params', *path)
  size = math.prod(shape[1:])
  entries = [
    Entry(
      f'{key}.weight_orig', shape, (*params, 'kernel'), matching.conv_kernel
    ),
    Entry(f'{key}.weight_u', shape[:1], (*stats, 'u'), matching.identity),
    Entry(f'{key}.weight_v', (size,), (*stats, 'v'), convert_v),
  ]
  if use_bias:
    bias = Entry(f'{key}.bias', shape[:1], (*params, 'bias'), matching.identity)
    entries.append(bias)
  return entries


def _latent_entries(
  channels: int, num_units: int, latent_dim: int
) -> list[Entry]:
  """The entries of the dense layer from the latent to the first feature map."""
  # Whole pixels; another number of units is then reported as misshapen.
  num_units -= num_units % channels

  def convert(values: np.ndarray) -> np.ndarray:
    # PyTorch flattens [channels, pixels], we [pixels, channels].
    values = values.reshape(channels, num_units // channels, -1)
    return values.transpose(2, 1, 0).reshape(-1, num_units)

  path = ('params', 'fc')
  shape = (num_units, latent_dim)
  return [
    Entry('fc.weight', shape, (*path, 'kernel'), convert),
    Entry('fc.bias', shape[:1], (*path, 'bias'), lambda b: convert(b)[0]),
  ]


def _from_flat_map(weight: np.ndarray) -> np.ndarray:
  """Reorders a dense weight on a flattened [C, 4, 4] map to [4, 4, C]."""
  units = weight.shape[0]
  weight = weight.reshape(units, -1, *ENCODER_SIZE)
  return weight.transpose(2, 3, 1, 0).reshape(-1, units)
