"""PSPNet (arXiv:1612.01105): a dilated ResNet and a pyramid of average pools.

One network for both public families of Cityscapes weights, which differ in
three places:

                       semseg       mmsegmentation
  stem_channels        64 64 128    32 32 64
  contract_dilation    no           yes
  align_corners        yes          no

and for the small segmenters that `instgan_jax.train_segmenter` trains.
"""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import linen as nn

from instgan_jax.pretrained import conv_norm

# ImageNet's moments of RGB in [0, 255], by which training images were scaled.
MEAN = (123.675, 116.28, 103.53)
DEVIATION = (58.395, 57.12, 57.375)
STRIDE = 8  # Size of the image over that of the feature map.
EXPANSION = 4  # Channels of a stage over those of its 3x3 convolutions.
_STRIDES = (1, 2, 1, 1)
_DILATIONS = (1, 1, 2, 4)


class Output(NamedTuple):
  """What the network computes.

  Attributes:
    logits: float32 [B, H, W, num_classes].
    features: float32 [B, ceil(H / 8), ceil(W / 8), pyramid_channels], the
      input of the classifier (before the dropout).
    auxiliary_logits: of the head on the third stage, of the shape of `logits`;
      None without that head.
  """

  logits: jax.Array
  features: jax.Array
  auxiliary_logits: jax.Array | None


def preprocess(images: jax.Array) -> jax.Array:
  """Normalizes each channel by ImageNet's mean and deviation.

  Args:
    images: [B, H, W, 3] in [0, 255], uint8 or float.

  Returns:
    float32 [B, H, W, 3].
  """
  mean, deviation = (
    jnp.asarray(values, jnp.float32)[None, None, None]
    for values in (MEAN, DEVIATION)
  )
  return (images.astype(jnp.float32) - mean) / deviation


class PspNet(nn.Module):
  """Segments images.

  Attributes:
    num_classes: channels of the logits.
    stage_blocks: residual blocks of the four stages; PSPNet-101 by default.
    stem_channels: of the first three convolutions.
    base_channels: of the 3x3 convolutions of the first stage, doubled in each
      following one.
    pyramid_channels: of the pyramid's branches and the classifier's input.
    pyramid_bins: cells per side of each branch.
    contract_dilation: whether the first block of a dilated stage has half of
      its dilation.
    align_corners: whether bilinear resizing maps corner pixels to corner
      pixels; H - 1 and W - 1 must then be multiples of 8.
    dropout_rate: of whole channels before the classifiers, in training.
    use_auxiliary: adds the head on the third stage that training uses.
    axis_name: name of the mapped device axis, for the batch norms in training;
      None for one device.
  """

  num_classes: int = 19
  stage_blocks: tuple[int, int, int, int] = (3, 4, 23, 3)
  stem_channels: tuple[int, int, int] = (64, 64, 128)
  base_channels: int = 64
  pyramid_channels: int = 512
  pyramid_bins: tuple[int, ...] = (1, 2, 3, 6)
  contract_dilation: bool = False
  align_corners: bool = True
  dropout_rate: float = 0.1
  use_auxiliary: bool = False
  axis_name: str | None = None

  @nn.compact
  def __call__(self, image: jax.Array, *, train: bool = False) -> Output:
    """Segments images.

    In training it needs a 'dropout' random stream and a mutable 'batch_stats'.

    Args:
      image: float32 [B, H, W, 3], see `preprocess`.
      train: whether to normalize by the moments of the batch and to drop
        channels.

    Raises:
      ValueError: if H and W do not fit `align_corners`.
    """
    size = (image.shape[1], image.shape[2])
    self._check(size)
    layer = self._layer(train)
    x = layer(image, self.stem_channels[0], 3, strides=2, name='stem_0')
    x = layer(x, self.stem_channels[1], 3, name='stem_1')
    x = layer(x, self.stem_channels[2], 3, name='stem_2')
    x = nn.max_pool(x, (3, 3), strides=(2, 2), padding=((1, 1), (1, 1)))
    auxiliary = None
    for stage in range(4):
      if stage == 3 and self.use_auxiliary:
        auxiliary = self._head(x, x.shape[-1] // 4, size, 'auxiliary', train)[0]
      x = self._stage(x, stage, train)
    x = self._pyramid(x, train)
    logits, features = self._head(x, self.pyramid_channels, size, 'head', train)
    return Output(logits, features, auxiliary)

  def _check(self, size: tuple[int, int]) -> None:
    if self.align_corners and any((side - 1) % STRIDE for side in size):
      raise ValueError(
        f'an image of {size[0]}x{size[1]}: with align_corners both sides must '
        f'be 1 more than a multiple of {STRIDE}.'
      )

  def _layer(self, train: bool) -> Callable[..., jax.Array]:
    return functools.partial(_layer, train=train, axis_name=self.axis_name)

  def _stage(self, x: jax.Array, stage: int, train: bool) -> jax.Array:
    dilation = _DILATIONS[stage]
    for block in range(self.stage_blocks[stage]):
      contracted = block == 0 and self.contract_dilation
      x = _Bottleneck(
        channels=self.base_channels * 2**stage,
        strides=_STRIDES[stage] if block == 0 else 1,
        dilation=max(dilation // 2, 1) if contracted else dilation,
        use_projection=block == 0,
        axis_name=self.axis_name,
        name=f'stage_{stage + 1}_block_{block}',
      )(x, train=train)
    return x

  def _pyramid(self, x: jax.Array, train: bool) -> jax.Array:
    branches, size = [x], (x.shape[1], x.shape[2])
    for i, bins in enumerate(self.pyramid_bins):
      cells = _average_pool(x, bins)
      cells = self._layer(train)(
        cells, self.pyramid_channels, 1, name=f'pyramid_{i}'
      )
      branches.append(_resize(cells, size, self.align_corners))
    return jnp.concatenate(branches, axis=-1)

  def _head(
    self,
    x: jax.Array,
    channels: int,
    size: tuple[int, int],
    name: str,
    train: bool,
  ) -> tuple[jax.Array, jax.Array]:
    """Logits of `size` and the features from which they are computed."""
    features = self._layer(train)(x, channels, 3, name=name)
    x = nn.Dropout(
      self.dropout_rate, broadcast_dims=(1, 2), deterministic=not train
    )(features)
    logits = nn.Conv(
      self.num_classes,
      (1, 1),
      precision=conv_norm.PRECISION,
      name=f'{name}_classifier',
    )(x)
    return _resize(logits, size, self.align_corners), features


class _Bottleneck(nn.Module):
  """1x1, 3x3 and 1x1 convolutions, plus the shortcut."""

  channels: int
  strides: int
  dilation: int
  use_projection: bool
  axis_name: str | None = None

  @nn.compact
  def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
    layer = functools.partial(_layer, train=train, axis_name=self.axis_name)
    channels = EXPANSION * self.channels
    y = layer(x, self.channels, 1, name='conv_1')
    y = layer(
      y,
      self.channels,
      3,
      strides=self.strides,
      dilation=self.dilation,
      name='conv_2',
    )
    y = layer(y, channels, 1, use_relu=False, name='conv_3')
    if self.use_projection:
      x = layer(
        x,
        channels,
        1,
        strides=self.strides,
        use_relu=False,
        name='projection',
      )
    return nn.relu(x + y)


def _layer(
  x: jax.Array,
  channels: int,
  kernel: int,
  *,
  train: bool,
  dilation: int = 1,
  **options: Any,
) -> jax.Array:
  """A `ConvNorm` padded so that the size changes by its stride only."""
  pixels = dilation * (kernel // 2)
  layer = conv_norm.ConvNorm(
    channels,
    (kernel, kernel),
    padding=(pixels, pixels),
    dilation=dilation,
    **options,
  )
  return layer(x, train=train)


def _average_pool(x: jax.Array, bins: int) -> jax.Array:
  """[B, H, W, C] -> [B, bins, bins, C], the means of (overlapping) cells."""
  rows, columns = (_cell_means(side, bins) for side in x.shape[1:3])
  return _separable(x, rows, columns)


def _cell_means(size: int, bins: int) -> np.ndarray:
  """Weights [bins, size]: cell i is floor(i s / n) to ceil((i + 1) s / n)."""
  weights = np.zeros((bins, size), np.float32)
  for i in range(bins):
    start, stop = i * size // bins, -(-(i + 1) * size // bins)
    weights[i, start:stop] = 1.0 / (stop - start)
  return weights


def _resize(
  x: jax.Array, size: tuple[int, int], align_corners: bool
) -> jax.Array:
  """Bilinear, not antialiased: [B, h, w, C] -> [B, *size, C]."""
  if not align_corners:
    shape = (x.shape[0], *size, x.shape[3])
    return jax.image.resize(x, shape, 'bilinear', antialias=False)
  rows, columns = (
    _aligned_bilinear(*sides) for sides in zip(x.shape[1:3], size, strict=True)
  )
  return _separable(x, rows, columns)


def _aligned_bilinear(size: int, new_size: int) -> np.ndarray:
  """Weights [new_size, size] that map corner pixels to corner pixels."""
  positions = np.linspace(0.0, size - 1.0, new_size)
  pixels = np.arange(size)
  distance = np.abs(positions[:, np.newaxis] - pixels[np.newaxis])
  return np.maximum(1.0 - distance, 0.0).astype(np.float32)


def _separable(
  x: jax.Array, rows: np.ndarray, columns: np.ndarray
) -> jax.Array:
  """Multiplies height by `rows` and width by `columns`."""
  return jnp.einsum(
    'yh,bhwc,xw->byxc', rows, x, columns, precision=conv_norm.PRECISION
  )
