"""PSPNet in PyTorch, by the names of both public families of weights.

`Semseg` is of the semseg release, `Mmsegmentation` of mmsegmentation with a
ResNetV1c; both give logits at the size of the image, and Mmsegmentation is
written with the auxiliary head that its files hold.
"""

import itertools

import torch

nn, functional = torch.nn, torch.nn.functional
STRIDES = (1, 2, 1, 1)
DILATIONS = (1, 1, 2, 4)
BINS = (1, 2, 3, 6)


def preprocess(images):
  """RGB in [0, 255] -> less ImageNet's mean, over its deviation."""
  mean = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1) * 255
  deviation = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1) * 255
  return (images - mean) / deviation


class Bottleneck(nn.Module):
  """A residual block of 1x1, 3x3 and 1x1 convolutions."""

  def __init__(self, before, width, *, stride, dilation, is_first):
    super().__init__()
    self.conv1 = nn.Conv2d(before, width, 1, bias=False)
    self.bn1 = nn.BatchNorm2d(width)
    self.conv2 = nn.Conv2d(
      width,
      width,
      3,
      stride=stride,
      padding=dilation,
      dilation=dilation,
      bias=False,
    )
    self.bn2 = nn.BatchNorm2d(width)
    self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
    self.bn3 = nn.BatchNorm2d(4 * width)
    if is_first:
      self.downsample = nn.Sequential(
        nn.Conv2d(before, 4 * width, 1, stride=stride, bias=False),
        nn.BatchNorm2d(4 * width),
      )
    self.is_first = is_first

  def forward(self, x):
    y = functional.relu(self.bn1(self.conv1(x)))
    y = functional.relu(self.bn2(self.conv2(y)))
    y = self.bn3(self.conv3(y))
    return functional.relu(y + (self.downsample(x) if self.is_first else x))


def _stem(channels):
  """Three 3x3 convolutions, the first of stride 2."""
  layers = []
  for i, (before, after) in enumerate(itertools.pairwise((3, *channels))):
    conv = nn.Conv2d(
      before, after, 3, stride=1 if i else 2, padding=1, bias=False
    )
    layers += [conv, nn.BatchNorm2d(after), nn.ReLU()]
  return layers


def _add_stages(module, before, base, num_blocks, contract_dilation):
  """Adds layer1 to layer4, the last two of stride 1 but dilated."""
  for stage, (stride, dilation) in enumerate(
    zip(STRIDES, DILATIONS, strict=True)
  ):
    blocks, width = [], base * 2**stage
    for block in range(num_blocks[stage]):
      is_first = block == 0
      contracted = contract_dilation and is_first and dilation > 1
      blocks.append(
        Bottleneck(
          before,
          width,
          stride=stride if is_first else 1,
          dilation=dilation // 2 if contracted else dilation,
          is_first=is_first,
        )
      )
      before = 4 * width
    module.add_module(f'layer{stage + 1}', nn.Sequential(*blocks))


def _resize(x, size, align_corners):
  return functional.interpolate(
    x, size=size, mode='bilinear', align_corners=align_corners
  )


class Semseg(nn.Module):
  """The release of semseg: corners aligned, every dilation in full."""

  def __init__(
    self,
    *,
    num_blocks=(3, 4, 23, 3),
    stem=(64, 64, 128),
    base=64,
    pyramid=512,
    num_classes=19,
  ):
    super().__init__()
    pool = nn.MaxPool2d(3, stride=2, padding=1)
    self.layer0 = nn.Sequential(*_stem(stem), pool)
    _add_stages(self, stem[-1], base, num_blocks, False)
    self.ppm = nn.Module()
    self.ppm.features = nn.ModuleList(
      nn.Sequential(
        nn.AdaptiveAvgPool2d(bins),
        nn.Conv2d(32 * base, pyramid, 1, bias=False),
        nn.BatchNorm2d(pyramid),
        nn.ReLU(),
      )
      for bins in BINS
    )
    self.cls = self._head(32 * base + 4 * pyramid, pyramid, num_classes)
    self.aux = self._head(16 * base, 4 * base, num_classes)

  @staticmethod
  def _head(before, width, num_classes):
    return nn.Sequential(
      nn.Conv2d(before, width, 3, padding=1, bias=False),
      nn.BatchNorm2d(width),
      nn.ReLU(),
      nn.Dropout2d(0.1),
      nn.Conv2d(width, num_classes, 1),
    )

  def forward(self, image):
    x = self.layer2(self.layer1(self.layer0(image)))
    x = self.layer4(self.layer3(x))
    pyramid = [
      _resize(branch(x), x.shape[2:], True) for branch in self.ppm.features
    ]
    logits = self.cls(torch.cat([x, *pyramid], 1))
    return _resize(logits, image.shape[2:], True)


class ConvModule(nn.Module):
  """Convolution, batch norm, ReLU."""

  def __init__(self, before, after, kernel_size):
    super().__init__()
    self.conv = nn.Conv2d(
      before, after, kernel_size, padding=kernel_size // 2, bias=False
    )
    self.bn = nn.BatchNorm2d(after)

  def forward(self, x):
    return functional.relu(self.bn(self.conv(x)))


class Mmsegmentation(nn.Module):
  """mmsegmentation's: half pixel centers, first dilations halved."""

  def __init__(
    self,
    *,
    num_blocks=(3, 4, 23, 3),
    stem=(32, 32, 64),
    base=64,
    pyramid=512,
    num_classes=19,
  ):
    super().__init__()
    self.backbone = nn.Module()
    self.backbone.stem = nn.Sequential(*_stem(stem))
    _add_stages(self.backbone, stem[-1], base, num_blocks, True)
    self.decode_head = nn.Module()
    self.decode_head.conv_seg = nn.Conv2d(pyramid, num_classes, 1)
    self.decode_head.psp_modules = nn.ModuleList(
      nn.Sequential(
        nn.AdaptiveAvgPool2d(bins), ConvModule(32 * base, pyramid, 1)
      )
      for bins in BINS
    )
    self.decode_head.bottleneck = ConvModule(
      32 * base + 4 * pyramid, pyramid, 3
    )
    self.auxiliary_head = nn.Module()
    self.auxiliary_head.conv_seg = nn.Conv2d(4 * base, num_classes, 1)
    self.auxiliary_head.convs = nn.Sequential(
      ConvModule(16 * base, 4 * base, 3)
    )

  def forward(self, image):
    body, head = self.backbone, self.decode_head
    x = functional.max_pool2d(body.stem(image), 3, stride=2, padding=1)
    x = body.layer4(body.layer3(body.layer2(body.layer1(x))))
    pyramid = [
      _resize(branch(x), x.shape[2:], False) for branch in head.psp_modules
    ]
    x = head.bottleneck(torch.cat([x, *pyramid], 1))
    return _resize(head.conv_seg(x), image.shape[2:], False)
