"""Inception's features of images, under a named protocol.

How an image is resized to Inception's 299x299 pixels changes FID by more than
many methods differ, so the resize mode is a part of every result:

  pytorch-fid  bilinear without antialiasing, values not rounded.
  clean-fid    bicubic with antialiasing by Pillow, channel by channel in
               float32, clipped to [0, 255] (arXiv:2104.11222).
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image

from data_pipeline.errors import InputError
from instgan_jax.pretrained import inception, load
from instgan_jax.runtime import devices

RESIZES = ('pytorch-fid', 'clean-fid')


class InceptionFeatures:
  """Computes the 2048 features that FID and KID compare.

  Attributes:
    protocol: what a result must say of how it was made.
  """

  def __init__(
    self, weights: load.Network, resize: str, *, rows_per_device: int = 8
  ):
    """Puts the network on the devices.

    Args:
      weights: of `pretrained.load.inception`.
      resize: one of `RESIZES`.
      rows_per_device: images at a time on each device.

    Raises:
      InputError: if `resize` is unknown.
    """
    if resize not in RESIZES:
      raise InputError(
        f'{resize!r} is no resize mode of FID, expected one of '
        f'{", ".join(RESIZES)}.'
      )
    self.protocol = {
      'network': 'Inception 2015-12-05, pool3',
      'resize': resize,
      'weights_sha256': weights.sha256,
    }
    self._resizes_on_device = resize == 'pytorch-fid'
    self._num_rows = rows_per_device * jax.local_device_count()
    variables = devices.replicate(weights.variables)
    run = jax.jit(
      functools.partial(_features, weights.module, self._resizes_on_device)
    )
    self._run = lambda images: run(variables, images)

  def __call__(self, images: np.ndarray) -> np.ndarray:
    """uint8 [B, H, W, 3] -> float32 [B, 2048]."""
    inputs = images if self._resizes_on_device else clean_resize(images)
    return devices.map_rows(
      self._run, {'images': inputs}, num_rows=self._num_rows
    )


def clean_resize(images: np.ndarray) -> np.ndarray:
  """clean-fid's resize: uint8 [B, H, W, 3] -> float32 [B, 299, 299, 3].

  Values stay in [0, 255] and are not rounded.
  """
  height, width = inception.IMAGE_SIZE
  resized = np.empty((len(images), height, width, 3), np.float32)
  for image, out in zip(images, resized, strict=True):
    for channel in range(3):
      plane = Image.fromarray(image[:, :, channel].astype(np.float32))
      out[:, :, channel] = np.asarray(
        plane.resize((width, height), Image.Resampling.BICUBIC)
      )
  return resized.clip(0, 255)


def _features(network, resizes: bool, variables, images: jax.Array):
  if resizes:
    inputs = inception.preprocess(images)
  else:
    inputs = (images.astype(jnp.float32) - 128.0) / 128.0
  return network.apply(variables, inputs)[-1]
