"""A PSPNet that turns images into label maps, under an explicit protocol."""

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline import labels, labels_file
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError, summarize
from instgan_jax.checkpoints import weights_folder
from instgan_jax.evaluation import segmenter_protocol
from instgan_jax.pretrained import load as pretrained
from instgan_jax.pretrained import pspnet
from instgan_jax.runtime import devices


class Segmenter:
  """Segments images and gives their features.

  Images go through one program, a fixed number at a time on every device, so
  that a result depends neither on the other images nor on the number of
  devices.

  Attributes:
    protocol: how it processes images.
    label_table: whose scored classes it finds.
    metadata: what a result must say of how it was made; plain values.
  """

  def __init__(
    self,
    weights: pretrained.Network,
    protocol: segmenter_protocol.Protocol,
    *,
    label_table: labels.LabelTable = cityscapes_labels.TABLE,
    rows_per_device: int = 1,
  ):
    """Puts the network on the devices.

    Args:
      weights: of a network with the scored classes of `label_table`, in the
        order of their train ids.
      protocol: how it processes images.
      label_table: its classes.
      rows_per_device: images at a time on each device.

    Raises:
      InputError: if the protocol is impossible, does not fit the network, or
        the network has other classes.
    """
    segmenter_protocol.check(protocol)
    _check_network(weights.module, protocol, len(label_table.evaluated))
    self.protocol, self.label_table = protocol, label_table
    self._ids = np.array(
      [label.id for label in label_table.evaluated], np.uint8
    )
    self.metadata = {
      'network': 'PSPNet',
      'weights_sha256': weights.sha256,
      **protocol._asdict(),
    }
    self._num_rows = rows_per_device * jax.local_device_count()
    self._variables = devices.replicate(weights.variables)
    self._network = weights.module

  def label_maps(self, images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Label ids of the most probable of its classes.

    Args:
      images: uint8 [B, H, W, 3].
      size: (h, w) of the maps.

    Returns:
      uint8 [B, h, w].
    """
    size = int(size[0]), int(size[1])
    classes = self._run(functools.partial(_classes, size=size), images)
    return self._ids[classes]

  def features(self, images: np.ndarray) -> np.ndarray:
    """The features below the classifier, averaged over the image.

    Crops are as the protocol says; mirrored and scaled copies are left out.

    Args:
      images: uint8 [B, H, W, 3].

    Returns:
      float32 [B, pyramid_channels].
    """
    return self._run(_features, images)

  def _run(self, function, images: np.ndarray) -> np.ndarray:
    run = functools.partial(
      function, self._network, self.protocol, self._variables
    )
    return devices.map_rows(
      lambda images: run(images), {'images': images}, num_rows=self._num_rows
    )


def load(
  folder: str,
  protocol_name: str = '',
  *,
  size: tuple[int, int] | None = None,
) -> Segmenter:
  """A segmenter from a folder of trained or imported weights.

  Args:
    folder: as `pretrained.load.pspnet` takes it.
    protocol_name: as `segmenter_protocol.of_weights` takes it.
    size: to which images are resized, instead of the protocol's.

  Raises:
    InputError: for weights or a protocol that cannot be used.
  """
  weights = pretrained.pspnet(folder)
  metadata = weights_folder.metadata(folder)
  protocol = segmenter_protocol.of_weights(metadata, protocol_name)
  label_table = cityscapes_labels.TABLE
  if 'labels' in metadata:
    label_table = labels_file.from_json(metadata['labels'], folder)
  return Segmenter(
    weights,
    protocol._replace(size=size or protocol.size),
    label_table=label_table,
  )


def check_classes(
  network: Segmenter, label_table: labels.LabelTable, folder: str
) -> None:
  """Refuses a segmenter that has not the scored classes of the data.

  Args:
    network: the segmenter.
    label_table: of the data.
    folder: of the segmenter, for the message.

  Raises:
    InputError: naming the classes of both.
  """
  theirs, ours = network.label_table.evaluated, label_table.evaluated
  if [label[:2] for label in theirs] == [label[:2] for label in ours]:
    return
  there, here = (
    summarize([label.name for label in classes]) for classes in (theirs, ours)
  )
  raise InputError(
    f'The segmenter {folder} has other classes than the data: {there} there, '
    f'{here} here. Train one on these data with instgan_jax.train_segmenter.'
  )


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
def _classes(network, protocol, variables, images, *, size):
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
def _features(network, protocol, variables, images):
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
  crop = protocol.crop or tuple(_fitting(side, network) for side in sides)
  missing = [max(0, c - s) for c, s in zip(crop, sides, strict=True)]
  border = [(pixels // 2, pixels - pixels // 2) for pixels in missing]
  x = jnp.pad(x, ((0, 0), *border, (0, 0)))  # 0 is the mean, see preprocess.
  return x, tuple(before for before, _ in border), crop


def _fitting(side: int, network) -> int:
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


def _check_network(
  network, protocol: segmenter_protocol.Protocol, num_classes: int
) -> None:
  if network.num_classes != num_classes:
    raise InputError(
      f'The segmenter has {network.num_classes} classes, expected the '
      f'{num_classes} scored ones of its data in the order of their train ids.'
    )
  crop = protocol.crop
  if crop and any(_fitting(side, network) != side for side in crop):
    raise InputError(
      f'Crops of {crop[0]}x{crop[1]} do not fit this segmenter: both sides '
      f'must be 1 more than a multiple of {pspnet.STRIDE}, as 713 is.'
    )
