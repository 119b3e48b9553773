"""GauGAN's style encoder in PyTorch, by its public parameter names."""

import torch

from benchmarks.twins import torch_arrays

nn, functional = torch.nn, torch.nn.functional
WIDTHS = (1, 2, 4, 8, 8, 8)


class Encoder(nn.Module):
  """The mean and the log variance of the latent of images [B, 3, H, W]."""

  def __init__(self, *, base, latent=256):
    super().__init__()
    channels = 3
    for number, width in enumerate(WIDTHS, start=1):
      conv = nn.Conv2d(
        channels, width * base, 3, stride=2, padding=1, bias=False
      )
      layer = nn.Sequential(
        torch_arrays.spectral_norm(conv), nn.InstanceNorm2d(width * base)
      )
      self.add_module(f'layer{number}', layer)
      channels = width * base
    self.fc_mu = nn.Linear(channels * 4 * 4, latent)
    self.fc_var = nn.Linear(channels * 4 * 4, latent)

  def forward(self, x):
    """Mean and log variance, [B, latent] each."""
    x = functional.interpolate(
      x, size=(256, 256), mode='bilinear', align_corners=False
    )
    for number in range(1, len(WIDTHS) + 1):
      layer = self.get_submodule(f'layer{number}')
      x = functional.leaky_relu(layer(x), 0.2)
    x = x.flatten(1)
    return self.fc_mu(x), self.fc_var(x)
