"""Label maps of pictures by a PSPNet, under an explicit protocol.

mIoU depends on how the segmenter looks at a picture: at which size, whole or
in crops, mirrored too or not, at how many scales. All of that is in `Protocol`
and belongs to a result.
"""

import dataclasses
import functools
import math

import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline.errors import InputError
from instgan_jax import frozen
from instgan_jax.evaluation import segmentation
from instgan_jax.pretrained import pspnet
from instgan_jax.train import parallel

_IMAGES = 'images'
_LABEL_IDS = np.array([label.id for label in segmentation.EVALUATED], np.uint8)


@dataclasses.dataclass(frozen=True)
class Protocol:
  """How a segmenter looks at a picture.

  Attributes:
    size: height and width to which the picture is brought first, bilinearly
      and without antialiasing.
    crop: side of square crops, of which each overlaps the next by a third
      and whose probabilities are averaged; 0 for the whole picture at once.
    flip: whether probabilities are averaged with those of the mirrored
      picture.
    scales: of `size`, whose probabilities are averaged.
  """

  size: tuple[int, int] = (1024, 2048)
  crop: int = 0
  flip: bool = False
  scales: tuple[float, ...] = (1.0,)


# By name. 'sliding' is how the semseg release tests its PSPNet, with scales or
# without, 'whole' how mmsegmentation tests its own.
PROTOCOLS = {
  'whole': Protocol(),
  'sliding': Protocol(crop=713, flip=True),
  'sliding_multiscale': Protocol(
    crop=713, flip=True, scales=(0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
  ),
}


def load(folder: str, protocol_name: str = '') -> 'Segmenter':
  """A trained or imported PSPNet with a protocol.

  Args:
    folder: where it lies.
    protocol_name: one of `PROTOCOLS`; '' for what the network was trained for,
      or the test protocol of its publisher.

  Raises:
    InputError: if there is no such network or protocol.
  """
  weights = frozen.load_pspnet(folder)
  if protocol_name:
    if protocol_name not in PROTOCOLS:
      raise InputError(
        f'{protocol_name!r} is no protocol of a segmenter, expected one of '
        f'{", ".join(PROTOCOLS)}.'
      )
    return Segmenter(weights, PROTOCOLS[protocol_name])
  stored = frozen.about(folder).get('protocol')
  if stored:
    lists = {
      k: tuple(v) if isinstance(v, list) else v for k, v in stored.items()
    }
    return Segmenter(weights, Protocol(**lists))
  published = 'sliding' if weights.network.align_corners else 'whole'
  return Segmenter(weights, PROTOCOLS[published])


class Segmenter:
  """Finds label maps, on all devices of this process.

  Attributes:
    protocol: how it looks at pictures.
    about: what a result must say of how it was measured.
  """

  def __init__(self, weights: frozen.Frozen, protocol: Protocol):
    """Takes a PSPNet of the 19 Cityscapes classes.

    Raises:
      InputError: if it has other classes.
    """
    if weights.network.num_classes != len(_LABEL_IDS):
      raise InputError(
        f'The segmenter knows {weights.network.num_classes} classes, expected '
        f'the {len(_LABEL_IDS)} of Cityscapes.'
      )
    self.protocol = protocol
    self.about = {
      'network': 'PSPNet',
      'weights_sha256': weights.sha256,
      **dataclasses.asdict(protocol),
      'resize': 'bilinear, not antialiased',
    }
    self._variables = parallel.replicate(weights.variables)
    self._segment = jax.jit(
      functools.partial(_segment, weights.network, protocol),
      static_argnames='size',
    )
    self._features = jax.jit(
      functools.partial(_features, weights.network, protocol)
    )

  def label_maps(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """uint8 [B, H, W, 3] -> label ids, uint8 [B, *size]."""
    spread = parallel.spread({_IMAGES: images})[_IMAGES]
    classes = self._segment(self._variables, spread, size=tuple(size))
    return _LABEL_IDS[np.asarray(classes)[: len(images)]]

  def features(self, images: np.ndarray) -> np.ndarray:
    """The means over space below the classifier, for a Frechet distance.

    Args:
      images: uint8 [B, H, W, 3].

    Returns:
      float32 [B, C] of the whole pictures at the protocol's size.
    """
    spread = parallel.spread({_IMAGES: images})[_IMAGES]
    features = self._features(self._variables, spread)
    return np.asarray(features)[: len(images)]


def _segment(network, protocol: Protocol, variables, images, *, size):
  """Class numbers [B, *size]."""
  total = 0.0
  for scale in protocol.scales:
    scaled = tuple(round(scale * side) for side in protocol.size)
    x = _resize(pspnet.preprocess(images), scaled)
    if protocol.crop:
      found = _sliding(network, variables, x, protocol.crop, protocol.flip)
    else:
      found = _probabilities(network, variables, x, protocol.flip)
    total += _resize(found, size)
  return jnp.argmax(total, axis=-1)


def _probabilities(network, variables, x, flip: bool):
  """Class probabilities of whole pictures [B, H, W, 3]."""
  found = _softmax(network, variables, x)
  if flip:
    found += _softmax(network, variables, x[:, :, ::-1])[:, :, ::-1]
    found /= 2.0
  return found


def _softmax(network, variables, x):
  """Where the network needs another size, zeros (the mean) are added."""
  height, width = x.shape[1:3]
  x = _padded(network, x)
  logits = network.apply(variables, x).logits[:, :height, :width]
  return jax.nn.softmax(logits, axis=-1)


def _padded(network, x):
  """Fills up to the next size that `align_corners` allows."""
  if not network.align_corners:
    return x
  rows, columns = (-(side - 1) % pspnet.STRIDE for side in x.shape[1:3])
  return jnp.pad(x, ((0, 0), (0, rows), (0, columns), (0, 0)))


def _sliding(network, variables, x, crop: int, flip: bool):
  """Probabilities averaged over crops, [B, H, W, classes]."""
  batch, height, width, _ = x.shape
  rows, columns = max(0, crop - height), max(0, crop - width)
  before = rows // 2, columns // 2
  x = jnp.pad(
    x,
    (
      (0, 0),
      (before[0], rows - before[0]),
      (before[1], columns - before[1]),
      (0, 0),
    ),
  )
  corners = [
    (top, left)
    for top in crop_starts(x.shape[1], crop)
    for left in crop_starts(x.shape[2], crop)
  ]

  def add_crop(total, corner):
    top, left = corner
    piece = jax.lax.dynamic_slice(
      x, (0, top, left, 0), (batch, crop, crop, x.shape[3])
    )
    found = _probabilities(network, variables, piece, flip)
    at = (0, top, left, 0)
    old = jax.lax.dynamic_slice(total, at, found.shape)
    return jax.lax.dynamic_update_slice(total, old + found, at), None

  empty = jnp.zeros((*x.shape[:3], network.num_classes))
  total, _ = jax.lax.scan(add_crop, empty, jnp.array(corners))
  counts = np.zeros((1, *x.shape[1:3], 1), np.float32)
  for top, left in corners:
    counts[:, top : top + crop, left : left + crop] += 1.0
  total = total / counts
  return total[:, before[0] : before[0] + height, before[1] : before[1] + width]


def crop_starts(side: int, crop: int) -> list[int]:
  """Where crops of a side begin: steps of two thirds, the last at the end."""
  step = math.ceil(crop * 2 / 3)
  number = max(0, math.ceil((side - crop) / step)) + 1
  return [min(i * step, max(side - crop, 0)) for i in range(number)]


def _features(network, protocol: Protocol, variables, images):
  x = _resize(pspnet.preprocess(images), protocol.size)
  features = network.apply(variables, _padded(network, x)).features
  return jnp.mean(features, axis=(1, 2))


def _resize(x, size):
  shape = (x.shape[0], *size, x.shape[3])
  return jax.image.resize(x, shape, 'bilinear', antialias=False)
