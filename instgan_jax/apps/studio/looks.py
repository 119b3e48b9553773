"""Looks of a photograph's instances, for the page to choose from."""

import base64
from collections.abc import Sequence

import numpy as np
from PIL import Image
from scipy import ndimage

from data_pipeline import file_kinds
from instgan_jax.apps.studio import bodies, map_files
from instgan_jax.apps.studio import models as models_lib

_THUMBNAIL = 72  # Pixels of the longer side.
_SMOOTH = 4  # Pixels of the photograph for one of these, at most.
_MARGIN = 0.15  # Of the longer side, around the instance.
_FADED = 0.65  # How white all else is.


def of_upload(
  models: Sequence[models_lib.Model], upload: bodies.Photograph
) -> list[dict]:
  """The looks of a visitor's own photograph; raises InputError."""
  name = 'the photograph'
  image = map_files.decode_photograph(upload.image, name)
  instance_map = map_files.decode(
    upload.instance_map, file_kinds.INSTANCE_MAP, name
  )
  return of_photograph(models, image, instance_map)


def of_photograph(
  models: Sequence[models_lib.Model],
  image: np.ndarray,
  instance_map: np.ndarray,
) -> list[dict]:
  """The looks of the instances, the largest first.

  Args:
    models: each that has an instance encoder reads them.
    image: uint8 [H, W, 3].
    instance_map: [H, W], ids.

  Returns:
    For each instance its `id`, the `recipe` of its look and a `picture`, a PNG
    in base64; ready for JSON.

  Raises:
    InputError: if the sizes differ, or no model has an encoder.
  """
  reading = [m for m in models if m.sampler.encoder is not None] or models[:1]
  encoded = {
    model.key: model.sampler.encode(image, instance_map) for model in reading
  }
  areas = np.bincount(instance_map.ravel(), minlength=2**16)
  boxes = ndimage.find_objects(instance_map)
  shown = sorted(
    set.intersection(*(set(styles) for styles in encoded.values())),
    key=lambda i: -areas[i],
  )
  return [
    {
      'id': i,
      'recipe': {
        'look': {key: encoded[key][i].tolist() for key in encoded},
      },
      'picture': _picture(image, instance_map, i, boxes[i - 1]),
    }
    for i in shown
  ]


def _picture(
  image: np.ndarray,
  instance_map: np.ndarray,
  instance_id: int,
  box: tuple[slice, slice],
) -> str:
  """An instance in its bounding box, all else faded."""
  longer = max(side.stop - side.start for side in box)
  margin = int(_MARGIN * longer) + 1
  # No more pixels than make a smooth picture, however large the photograph is.
  step = max(1, longer // (_SMOOTH * _THUMBNAIL))
  part = tuple(
    slice(max(0, side.start - margin), side.stop + margin, step) for side in box
  )
  is_inside = (instance_map[part] == instance_id)[..., None]
  faded = image[part] * (1 - _FADED) + 255 * _FADED
  cut = np.where(is_inside, image[part], faded).astype(np.uint8)
  picture = Image.fromarray(cut)
  scale = _THUMBNAIL / max(picture.size)
  size = [max(1, round(scale * length)) for length in picture.size]
  picture = picture.resize(size, Image.Resampling.BICUBIC)
  return base64.b64encode(
    map_files.encode_picture(np.asarray(picture))
  ).decode()
