"""The Inception of FID in PyTorch, by the public port's parameter names.

Every layer is a convolution (`conv`), a batch norm (`bn`) and a ReLU.
"""

import torch

nn, functional = torch.nn, torch.nn.functional


def preprocess(images):
  """[B, 3, H, W] in [0, 1] -> 299 x 299 pixels in [-1, 1]."""
  images = functional.interpolate(
    images, size=(299, 299), mode='bilinear', align_corners=False
  )
  return 2 * images - 1


class Inception(nn.Module):
  """Means over space of the four blocks, of images [B, 3, H, W] in [-1, 1]."""

  def __init__(self):
    super().__init__()
    self.Conv2d_1a_3x3 = Layer(3, 32, 3, stride=2)
    self.Conv2d_2a_3x3 = Layer(32, 32, 3)
    self.Conv2d_2b_3x3 = Layer(32, 64, 3, padding=1)
    self.Conv2d_3b_1x1 = Layer(64, 80, 1)
    self.Conv2d_4a_3x3 = Layer(80, 192, 3)
    self.Mixed_5b = BlockA(192, 32)
    self.Mixed_5c = BlockA(256, 64)
    self.Mixed_5d = BlockA(288, 64)
    self.Mixed_6a = BlockB(288)
    self.Mixed_6b = BlockC(128)
    self.Mixed_6c = BlockC(160)
    self.Mixed_6d = BlockC(160)
    self.Mixed_6e = BlockC(192)
    self.Mixed_7a = BlockD()
    self.Mixed_7b = BlockE(1280, _average)
    self.Mixed_7c = BlockE(2048, _maximum)
    self.fc = nn.Linear(2048, 1008)  # In the file; no distance uses it.

  def forward(self, x):
    x = self.Conv2d_2b_3x3(self.Conv2d_2a_3x3(self.Conv2d_1a_3x3(x)))
    x = functional.max_pool2d(x, 3, stride=2)
    features = [x]
    x = self.Conv2d_4a_3x3(self.Conv2d_3b_1x1(x))
    x = functional.max_pool2d(x, 3, stride=2)
    features.append(x)
    for name in ('5b', '5c', '5d', '6a', '6b', '6c', '6d', '6e'):
      x = self.get_submodule(f'Mixed_{name}')(x)
    features.append(x)
    x = self.Mixed_7c(self.Mixed_7b(self.Mixed_7a(x)))
    features.append(x)
    return [feature.mean((2, 3)) for feature in features]


def _average(x):
  """The mean of the pixels that exist: zeros at the border do not count."""
  return functional.avg_pool2d(x, 3, 1, 1, count_include_pad=False)


def _maximum(x):
  return functional.max_pool2d(x, 3, 1, 1)


class Layer(nn.Module):
  """Convolution, batch norm, ReLU."""

  def __init__(self, before, after, kernel_size, **options):
    super().__init__()
    self.conv = nn.Conv2d(before, after, kernel_size, bias=False, **options)
    self.bn = nn.BatchNorm2d(after, eps=1e-3)

  def forward(self, x):
    return functional.relu(self.bn(self.conv(x)))


def _same(before, after, height, width):
  return Layer(
    before, after, (height, width), padding=(height // 2, width // 2)
  )


class BlockA(nn.Module):
  """1x1, 5x5 and twice 3x3 beside a pool."""

  def __init__(self, before, pooled):
    super().__init__()
    self.branch1x1 = _same(before, 64, 1, 1)
    self.branch5x5_1 = _same(before, 48, 1, 1)
    self.branch5x5_2 = _same(48, 64, 5, 5)
    self.branch3x3dbl_1 = _same(before, 64, 1, 1)
    self.branch3x3dbl_2 = _same(64, 96, 3, 3)
    self.branch3x3dbl_3 = _same(96, 96, 3, 3)
    self.branch_pool = _same(before, pooled, 1, 1)

  def forward(self, x):
    five = self.branch5x5_2(self.branch5x5_1(x))
    three = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
    three = self.branch3x3dbl_3(three)
    pool = self.branch_pool(_average(x))
    return torch.cat([self.branch1x1(x), five, three, pool], 1)


class BlockB(nn.Module):
  """Halves the size: 3x3 and 1x1, 3x3, 3x3 beside a pool."""

  def __init__(self, before):
    super().__init__()
    self.branch3x3 = Layer(before, 384, 3, stride=2)
    self.branch3x3dbl_1 = _same(before, 64, 1, 1)
    self.branch3x3dbl_2 = _same(64, 96, 3, 3)
    self.branch3x3dbl_3 = Layer(96, 96, 3, stride=2)

  def forward(self, x):
    double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
    double = self.branch3x3dbl_3(double)
    pool = functional.max_pool2d(x, 3, stride=2)
    return torch.cat([self.branch3x3(x), double, pool], 1)


class BlockC(nn.Module):
  """1x1, a factored 7x7 and two of them, beside a pool."""

  def __init__(self, inner):
    super().__init__()
    self.branch1x1 = _same(768, 192, 1, 1)
    self.branch7x7_1 = _same(768, inner, 1, 1)
    self.branch7x7_2 = _same(inner, inner, 1, 7)
    self.branch7x7_3 = _same(inner, 192, 7, 1)
    self.branch7x7dbl_1 = _same(768, inner, 1, 1)
    self.branch7x7dbl_2 = _same(inner, inner, 7, 1)
    self.branch7x7dbl_3 = _same(inner, inner, 1, 7)
    self.branch7x7dbl_4 = _same(inner, inner, 7, 1)
    self.branch7x7dbl_5 = _same(inner, 192, 1, 7)
    self.branch_pool = _same(768, 192, 1, 1)

  def forward(self, x):
    single = self.branch7x7_3(self.branch7x7_2(self.branch7x7_1(x)))
    double = x
    for i in range(1, 6):
      double = self.get_submodule(f'branch7x7dbl_{i}')(double)
    pool = self.branch_pool(_average(x))
    return torch.cat([self.branch1x1(x), single, double, pool], 1)


class BlockD(nn.Module):
  """Halves the size: 3x3 and a factored 7x7 with a 3x3, beside a pool."""

  def __init__(self):
    super().__init__()
    self.branch3x3_1 = _same(768, 192, 1, 1)
    self.branch3x3_2 = Layer(192, 320, 3, stride=2)
    self.branch7x7x3_1 = _same(768, 192, 1, 1)
    self.branch7x7x3_2 = _same(192, 192, 1, 7)
    self.branch7x7x3_3 = _same(192, 192, 7, 1)
    self.branch7x7x3_4 = Layer(192, 192, 3, stride=2)

  def forward(self, x):
    three = self.branch3x3_2(self.branch3x3_1(x))
    seven = self.branch7x7x3_2(self.branch7x7x3_1(x))
    seven = self.branch7x7x3_4(self.branch7x7x3_3(seven))
    return torch.cat([three, seven, functional.max_pool2d(x, 3, stride=2)], 1)


class BlockE(nn.Module):
  """1x1 and two 3x3 that split side by side, beside a pool."""

  def __init__(self, before, pool):
    super().__init__()
    self.pool = pool
    self.branch1x1 = _same(before, 320, 1, 1)
    self.branch3x3_1 = _same(before, 384, 1, 1)
    self.branch3x3_2a = _same(384, 384, 1, 3)
    self.branch3x3_2b = _same(384, 384, 3, 1)
    self.branch3x3dbl_1 = _same(before, 448, 1, 1)
    self.branch3x3dbl_2 = _same(448, 384, 3, 3)
    self.branch3x3dbl_3a = _same(384, 384, 1, 3)
    self.branch3x3dbl_3b = _same(384, 384, 3, 1)
    self.branch_pool = _same(before, 192, 1, 1)

  def forward(self, x):
    single = self.branch3x3_1(x)
    double = self.branch3x3dbl_2(self.branch3x3dbl_1(x))
    branches = [
      self.branch1x1(x),
      self.branch3x3_2a(single),
      self.branch3x3_2b(single),
      self.branch3x3dbl_3a(double),
      self.branch3x3dbl_3b(double),
      self.branch_pool(self.pool(x)),
    ]
    return torch.cat(branches, 1)
