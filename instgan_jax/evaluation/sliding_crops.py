"""How a segmenter's network goes over images: scales, crops, mirrorings."""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from instgan_jax.evaluation import segmenter_protocol
from instgan_jax.pretrained import pspnet


class _View(NamedTuple):
  """Positions of the crops that the network processes, int32 or bool [V]."""

  top: np.ndarray
  left: np.ndarray
  is_mirrored: np.ndarray


def crop_starts(side: int, crop: int) -> list[int]:
  """Where crops begin on a side, as in the semseg release.

  They follow each other at ceil(2/3 crop); the last one ends with the side.
  """
  stride = math.ceil(crop * 2 / 3)
  number = max(0, math.ceil((side - crop) / stride)) + 1
  return [max(0, min(i * stride, side - crop)) for i in range(number)]


# Compiled once for all segmenters of one network, whatever its weights.
@functools.partial(jax.jit, static_argnames=('network', 'protocol', 'size'))
def classes(network, protocol, variables, images, *, size) -> jax.Array:
  """The most probable class of each pixel: uint8 [B, *size].

  Args:
    network: `pspnet.PSPNet`.
    protocol: `segmenter_protocol.Protocol`.
    variables: of the network.
    images: uint8 [B, H, W, 3].
    size: height and width of the maps.
  """
  probabilities = sum(
    jax.image.resize(
      _probabilities(network, protocol, variables, images, scale),
      (len(images), *size, network.num_classes),
      'linear',
    )
    for scale in protocol.scales
  )
  return jnp.argmax(probabilities, axis=-1).astype(jnp.uint8)


def _probabilities(network, protocol, variables, images, scale):
  """Of one scale: float32 [B, h, w, classes], over crops and mirrorings."""
  x = _resized(images, protocol, scale)
  height, width = x.shape[1:3]
  x, (top, left), crop = _padded(x, network, protocol)
  views = _views(x.shape[1:3], crop, flip=protocol.flip)
  counts = np.zeros(x.shape[1:3], np.float32)
  for i, j in zip(views.top, views.left, strict=True):
    counts[i : i + crop[0], j : j + crop[1]] += 1.0

  def add(total, view):
    piece = jax.nn.softmax(_process(network, variables, x, view, crop).logits)
    piece = _mirror_if(view.is_mirrored, piece)
    at = (0, view.top, view.left, 0)
    before = jax.lax.dynamic_slice(total, at, piece.shape)
    return jax.lax.dynamic_update_slice(total, before + piece, at), None

  total = jnp.zeros((*x.shape[:3], network.num_classes))
  total, _ = jax.lax.scan(add, total, views)
  mean = total / counts[None, :, :, None]
  return mean[:, top : top + height, left : left + width]


@functools.partial(jax.jit, static_argnames=('network', 'protocol'))
def features(network, protocol, variables, images) -> jax.Array:
  """The features below the classifier, as means over images.

  Args:
    network: as in `classes`.
    protocol: likewise; mirrored and scaled copies are left out.
    variables: of the network.
    images: uint8 [B, H, W, 3].

  Returns:
    float32 [B, pyramid_channels].
  """
  x, _, crop = _padded(_resized(images, protocol, 1.0), network, protocol)
  views = _views(x.shape[1:3], crop, flip=False)

  def mean_of(view):
    features = _process(network, variables, x, view, crop).features
    return jnp.mean(features, axis=(1, 2))

  return jnp.mean(jax.lax.map(mean_of, views), axis=0)


def _resized(images, protocol, scale: float) -> jax.Array:
  """Normalized images of a scale, float32 [B, h, w, 3]."""
  sides = protocol.size or images.shape[1:3]
  size = tuple(max(1, round(scale * side)) for side in sides)
  x = images.astype(jnp.float32)
  if size != images.shape[1:3]:
    method, antialias = segmenter_protocol.RESIZES[protocol.resize]
    shape = (len(images), *size, 3)
    x = jax.image.resize(x, shape, method, antialias=antialias)
    x = jnp.clip(jnp.round(x), 0.0, 255.0)
  return pspnet.preprocess(x)


def _padded(x, network, protocol):
  """(x in a border of the mean color, its position there, the crop's size).

  The border makes the image as large as a crop or, where there are no crops,
  of a size that the network takes. Half of it comes first.
  """
  sides = x.shape[1:3]
  crop = protocol.crop or tuple(fitting_side(side, network) for side in sides)
  missing = [max(0, c - s) for c, s in zip(crop, sides, strict=True)]
  border = [(pixels // 2, pixels - pixels // 2) for pixels in missing]
  x = jnp.pad(x, ((0, 0), *border, (0, 0)))  # 0 is the mean, see preprocess.
  return x, tuple(before for before, _ in border), crop


def fitting_side(side: int, network) -> int:
  """The least side from `side` on that the network takes."""
  if not network.align_corners:
    return side
  return side + (1 - side) % pspnet.STRIDE


def _views(size, crop, *, flip: bool) -> _View:
  positions = [
    (top, left, is_mirrored)
    for is_mirrored in ((False, True) if flip else (False,))
    for top in crop_starts(size[0], crop[0])
    for left in crop_starts(size[1], crop[1])
  ]
  return _View(*map(np.array, zip(*positions, strict=True)))


def _process(network, variables, x, view: _View, crop) -> pspnet.Output:
  at = (0, view.top, view.left, 0)
  piece = jax.lax.dynamic_slice(x, at, (len(x), *crop, x.shape[3]))
  return network.apply(variables, _mirror_if(view.is_mirrored, piece))


def _mirror_if(is_mirrored, x: jax.Array) -> jax.Array:
  return jnp.where(is_mirrored, x[:, :, ::-1], x)
