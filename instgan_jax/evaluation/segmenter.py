"""A PSPNet that turns images into label maps, under an explicit protocol."""

import functools

import jax
import numpy as np

from data_pipeline import labels, labels_file
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError, summarize
from instgan_jax.checkpoints import weights_folder
from instgan_jax.evaluation import segmenter_protocol, sliding_crops
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
    classes = self._run(
      functools.partial(sliding_crops.classes, size=size), images
    )
    return self._ids[classes]

  def features(self, images: np.ndarray) -> np.ndarray:
    """The features below the classifier, averaged over the image.

    Crops are as the protocol says; mirrored and scaled copies are left out.

    Args:
      images: uint8 [B, H, W, 3].

    Returns:
      float32 [B, pyramid_channels].
    """
    return self._run(sliding_crops.features, images)

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


def _check_network(
  network, protocol: segmenter_protocol.Protocol, num_classes: int
) -> None:
  if network.num_classes != num_classes:
    raise InputError(
      f'The segmenter has {network.num_classes} classes, expected the '
      f'{num_classes} scored ones of its data in the order of their train ids.'
    )
  crop = protocol.crop
  if crop and any(
    sliding_crops.fitting_side(side, network) != side for side in crop
  ):
    raise InputError(
      f'Crops of {crop[0]}x{crop[1]} do not fit this segmenter: both sides '
      f'must be 1 more than a multiple of {pspnet.STRIDE}, as 713 is.'
    )
