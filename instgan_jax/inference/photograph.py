"""A photograph and its instances as the instance encoder takes them."""

import os
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from data_pipeline import batch, file_kinds, geometry, image_file, instances
from data_pipeline.errors import InputError
from instgan_jax.inference import scene_maps

# A file, or whatever numpy makes an array of.
Image = npt.ArrayLike | str | os.PathLike[str]


class Photograph(NamedTuple):
  """A photograph at the generator's size.

  Attributes:
    image: uint8 [H, W, 3], RGB.
    instance_map: uint16 [H, W], dense ids: 0 for none, 1..N.
    instance_ids: the N ids that the given map has for 1..N, increasing.
  """

  image: np.ndarray
  instance_map: np.ndarray
  instance_ids: tuple[int, ...]


def read(
  image: Image,
  instance_map: scene_maps.Map,
  *,
  image_size: tuple[int, int],
  max_instances: int = batch.MAX_INSTANCES,
) -> Photograph:
  """Reads, checks and resizes a photograph and its instance map.

  Args:
    image: uint8 [H, W, 3] or a PNG or JPEG.
    instance_map: Cityscapes' or dense instance ids of the same size, see
      `scene_maps.read`; no label map is needed.
    image_size: height and width of the result.
    max_instances: the largest ones are kept.

  Raises:
    InputError: naming the file, if something does not fit.
  """
  names = _describe(image), scene_maps.describe(instance_map, 'instance map')
  image = _load(image, names[0])
  instance_map = scene_maps.load_instance_map(instance_map)
  if image.shape[:2] != instance_map.shape:
    sizes = ['x'.join(map(str, a.shape[:2])) for a in (image, instance_map)]
    raise InputError(
      f'{names[0]} is {sizes[0]} (height x width), {names[1]} {sizes[1]}: '
      'expected the same size, give the instance map of the photograph.'
    )
  is_cityscapes = instance_map.max() >= instances.FIRST_THING_ID
  dense = instances.dense_instance_map(
    geometry.resize_map(instance_map, image_size),
    first_id=instances.FIRST_THING_ID if is_cityscapes else 1,
    max_instances=max_instances,
  )
  return Photograph(
    geometry.resize_image(image, image_size),
    dense.instance_map,
    dense.instance_ids,
  )


def _describe(image: Image) -> str:
  return str(image) if isinstance(image, str | os.PathLike) else 'the image'


def _load(image: Image, name: str) -> np.ndarray:
  if isinstance(image, str | os.PathLike):
    return image_file.decode(os.fspath(image), file_kinds.IMAGE)
  image = np.asarray(image)
  if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2:] != (3,):
    raise InputError(
      f'{name} is {image.dtype} of shape {image.shape}, expected uint8 '
      '[H, W, 3].'
    )
  return image
