"""VGG19 up to relu5_1 in PyTorch, by torchvision's parameter names."""

import torch

nn = torch.nn
# Channels of the convolutions by stage; a max-pool lies between two stages.
STAGES = ((64,) * 2, (128,) * 2, (256,) * 4, (512,) * 4, (512,))


class Vgg19(nn.Module):
  """relu1_1, relu2_1, relu3_1, relu4_1 and relu5_1 of images [B, 3, H, W]."""

  def __init__(self):
    super().__init__()
    layers, channels, self.taps = [], 3, []
    for stage in STAGES:
      if layers:
        layers.append(nn.MaxPool2d(2))
      self.taps.append(len(layers) + 1)
      for width in stage:
        layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
        channels = width
    self.features = nn.Sequential(*layers)

  def forward(self, x):
    """The five features, from fine to coarse."""
    features = []
    for index, layer in enumerate(self.features):
      x = layer(x)
      if index in self.taps:
        features.append(x)
    return features
