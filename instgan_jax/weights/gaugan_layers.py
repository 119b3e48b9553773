"""The layers of the public GauGAN networks, as entries of a conversion."""

import math

import numpy as np

from instgan_jax.weights import matching
from instgan_jax.weights.matching import Entry

Path = tuple[str, ...]

# Height and width of the encoder's last feature map: 256 halved six times.
ENCODER_SIZE = (4, 4)


def block_entries(
  theirs: str, ours: str, in_channels: int, out_channels: int, options: dict
) -> list[Entry]:
  """The entries of a residual block."""
  middle = min(in_channels, out_channels)
  entries = spectral_entries(
    f'{theirs}.conv_0', (ours, 'conv_0'), (middle, in_channels, 3, 3)
  )
  entries += spectral_entries(
    f'{theirs}.conv_1', (ours, 'conv_1'), (out_channels, middle, 3, 3)
  )
  norms = {'norm_0': in_channels, 'norm_1': middle}
  if in_channels != out_channels:
    norms['norm_s'] = in_channels
    shape = (out_channels, in_channels, 1, 1)
    entries += spectral_entries(
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


def patch_entries(
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
      entries += spectral_entries(f'{key}.0', path, shape, use_bias=False)
    in_channels = channels
  key = f'discriminator_{scale}.model{num_layers}.0'
  path = (f'scale_{scale}', f'layer_{num_layers}')
  return entries + matching.conv_entries(key, path, (1, in_channels, 4, 4))


def spectral_entries(
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


def latent_entries(
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


def from_flat_map(weight: np.ndarray) -> np.ndarray:
  """Reorders a dense weight on a flattened [C, 4, 4] map to [4, 4, C]."""
  units = weight.shape[0]
  weight = weight.reshape(units, -1, *ENCODER_SIZE)
  return weight.transpose(2, 3, 1, 0).reshape(-1, units)
