"""GauGAN's generator in PyTorch, by its public parameter names.

Its layers see one map of labels (one-hot, perhaps with an edge channel) at
their own size.
"""

import torch

from benchmarks.twins import torch_arrays

nn, functional = torch.nn, torch.nn.functional
NUM_DOUBLINGS = {'normal': 5, 'more': 6, 'most': 7}


class Generator(nn.Module):
  """From labels [B, C, H, W], or a latent [B, Z] and labels, to an image."""

  def __init__(
    self,
    *,
    input_channels,
    base,
    image_size,
    upsampling,
    hidden=128,
    latent=0,
  ):
    super().__init__()
    stride = 2 ** NUM_DOUBLINGS[upsampling]
    self.first_size = tuple(side // stride for side in image_size)
    self.channels = 16 * base
    if latent:
      num_pixels = self.first_size[0] * self.first_size[1]
      self.fc = nn.Linear(latent, self.channels * num_pixels)
    else:
      self.fc = nn.Conv2d(input_channels, self.channels, 3, padding=1)
    widths = {
      'head_0': (16, 16),
      'G_middle_0': (16, 16),
      'G_middle_1': (16, 16),
      'up_0': (16, 8),
      'up_1': (8, 4),
      'up_2': (4, 2),
      'up_3': (2, 1),
    }
    if upsampling == 'most':
      widths['up_4'] = (1, 0.5)
    self.not_doubled = {'head_0'}
    if upsampling == 'normal':
      self.not_doubled.add('G_middle_1')
    self.block_names = tuple(widths)
    for name, (before, after) in widths.items():
      block = Block(
        int(before * base), int(after * base), input_channels, hidden
      )
      self.add_module(name, block)
    last = int(widths[self.block_names[-1]][1] * base)
    self.conv_img = nn.Conv2d(last, 3, 3, padding=1)

  def forward(self, labels, latent=None):
    """Images [B, 3, H, W] in [-1, 1]."""
    if latent is None:
      x = self.fc(functional.interpolate(labels, size=self.first_size))
    else:
      x = self.fc(latent).view(-1, self.channels, *self.first_size)
    for name in self.block_names:
      if name not in self.not_doubled:
        x = functional.interpolate(x, scale_factor=2, mode='nearest')
      x = self.get_submodule(name)(x, labels)
    return torch.tanh(self.conv_img(_activate(x)))


class Block(nn.Module):
  """Two convolutions, each after SPADE and an activation, and a shortcut."""

  def __init__(self, before, after, input_channels, hidden):
    super().__init__()
    middle = min(before, after)
    self.conv_0 = torch_arrays.spectral_norm(
      nn.Conv2d(before, middle, 3, padding=1)
    )
    self.conv_1 = torch_arrays.spectral_norm(
      nn.Conv2d(middle, after, 3, padding=1)
    )
    self.norm_0 = Spade(before, input_channels, hidden)
    self.norm_1 = Spade(middle, input_channels, hidden)
    self.has_own_shortcut = before != after
    if self.has_own_shortcut:
      self.conv_s = torch_arrays.spectral_norm(
        nn.Conv2d(before, after, 1, bias=False)
      )
      self.norm_s = Spade(before, input_channels, hidden)

  def forward(self, x, labels):
    """A block of `before` channels in, `after` out, of the size of x."""
    shortcut = x
    if self.has_own_shortcut:
      shortcut = self.conv_s(self.norm_s(x, labels))
    y = self.conv_0(_activate(self.norm_0(x, labels)))
    return shortcut + self.conv_1(_activate(self.norm_1(y, labels)))


class Spade(nn.Module):
  """Batch norm, scaled and shifted pixel by pixel as the labels tell."""

  def __init__(self, channels, input_channels, hidden):
    super().__init__()
    self.param_free_norm = nn.BatchNorm2d(channels, affine=False)
    self.mlp_shared = nn.Sequential(
      nn.Conv2d(input_channels, hidden, 3, padding=1), nn.ReLU()
    )
    self.mlp_gamma = nn.Conv2d(hidden, channels, 3, padding=1)
    self.mlp_beta = nn.Conv2d(hidden, channels, 3, padding=1)

  def forward(self, x, labels):
    """x modulated; the labels have any size."""
    normal = self.param_free_norm(x)
    labels = functional.interpolate(labels, size=x.shape[2:], mode='nearest')
    hidden = self.mlp_shared(labels)
    return normal * (1 + self.mlp_gamma(hidden)) + self.mlp_beta(hidden)


def _activate(x):
  return functional.leaky_relu(x, 0.2)
