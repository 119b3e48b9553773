"""GauGAN's multi-scale discriminator in PyTorch, by its public names."""

import torch

from benchmarks.twins import torch_arrays

nn, functional = torch.nn, torch.nn.functional


class Discriminator(nn.Module):
  """Features of every layer, per scale, of labels and image [B, C, H, W]."""

  def __init__(self, *, input_channels, base, num_layers=4, num_scales=2):
    super().__init__()
    for scale in range(num_scales):
      patches = Patches(input_channels, base, num_layers)
      self.add_module(f'discriminator_{scale}', patches)

  def forward(self, x):
    """Features of all scales, each a list from first layer to logits."""
    outputs = []
    for patches in self.children():
      outputs.append(patches(x))
      x = functional.avg_pool2d(
        x, 3, stride=2, padding=1, count_include_pad=False
      )
    return outputs


class Patches(nn.Module):
  """4x4 convolutions; all but the outer two have spectral and instance norm."""

  def __init__(self, channels, base, num_layers):
    super().__init__()
    activation = nn.LeakyReLU(0.2)
    for layer in range(num_layers):
      width = min(base * 2**layer, 512)
      is_inner = layer > 0
      stride = 1 if is_inner and layer == num_layers - 1 else 2
      conv = nn.Conv2d(
        channels, width, 4, stride=stride, padding=2, bias=not is_inner
      )
      if is_inner:
        conv = nn.Sequential(
          torch_arrays.spectral_norm(conv), nn.InstanceNorm2d(width)
        )
      self.add_module(f'model{layer}', nn.Sequential(conv, activation))
      channels = width
    logits = nn.Conv2d(channels, 1, 4, padding=2)
    self.add_module(f'model{num_layers}', nn.Sequential(logits))

  def forward(self, x):
    """Features of all layers; the last are the logits."""
    features = []
    for layer in self.children():
      x = layer(x)
      features.append(x)
    return features
