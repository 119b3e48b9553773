"""How a scene of any size and aspect comes to the size of training.

`resize` stretches, as GauGAN does on Cityscapes; `crop` keeps the aspect,
covers the size and cuts the middle out; `pad` keeps the aspect and adds a
border that has no label. Random crops of a larger size are those of training
(`data_pipeline.example`).
"""

from collections.abc import Callable

import numpy as np
from PIL import Image

from data_pipeline import batch

KINDS = ('resize', 'crop', 'pad')


def resize_map(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """Resizes ids [H, W] to (height, width) by nearest-neighbor sampling."""
  return _resize(array, size, Image.Resampling.NEAREST)


def resize_image(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """Resizes uint8 [H, W, 3] by Pillow's bicubic filter, antialiased."""
  return _resize(image, size, Image.Resampling.BICUBIC)


def resize_scene(scene: batch.Scene, size: tuple[int, int]) -> batch.Scene:
  """Resizes to (height, width) without cropping, whatever the aspect.

  The image by Pillow's bicubic filter, which is antialiased; the maps by the
  pixel nearest to the center, so that ids stay ids.
  """
  return scene._replace(
    image=resize_image(scene.image, size),
    label_map=resize_map(scene.label_map, size),
    instance_ids=_ids(scene, lambda ids: resize_map(ids, size)),
  )


def fit(
  scene: batch.Scene, size: tuple[int, int], kind: str, pad_label: int
) -> batch.Scene:
  """Brings a scene to (height, width).

  Args:
    scene: of any size.
    size: of the result.
    kind: of `KINDS`.
    pad_label: the label id of what 'pad' adds, whose image is black.
  """
  if kind == 'resize':
    return resize_scene(scene, size)
  height, width = scene.label_map.shape
  factors = size[0] / height, size[1] / width
  if kind == 'crop':
    factor = max(factors)
    inner = tuple(
      max(s, round(factor * side))
      for s, side in zip(size, (height, width), strict=True)
    )
    scene = resize_scene(scene, inner)
    return crop_scene(scene, size, (0.5, 0.5))
  factor = min(factors)
  inner = tuple(
    min(s, max(1, round(factor * side)))
    for s, side in zip(size, (height, width), strict=True)
  )
  return _pad(resize_scene(scene, inner), size, pad_label)


def crop_scene(
  scene: batch.Scene, size: tuple[int, int], position: tuple[float, float]
) -> batch.Scene:
  """Cuts (height, width) out of a scene that is at least as large.

  Args:
    scene: any scene.
    size: of the result.
    position: of the upper left corner, as shares from 0 to 1 of what is left
      over in height and in width.

  Returns:
    Views of the arrays.
  """
  rest = (side - s for side, s in zip(scene.label_map.shape, size, strict=True))
  top, left = (
    min(left_over, int(share * (left_over + 1)))
    for left_over, share in zip(rest, position, strict=True)
  )
  window = slice(top, top + size[0]), slice(left, left + size[1])
  return scene._replace(
    image=scene.image[window],
    label_map=scene.label_map[window],
    instance_ids=_ids(scene, lambda ids: ids[window]),
  )


def _pad(
  scene: batch.Scene, size: tuple[int, int], pad_label: int
) -> batch.Scene:
  def padded(array: np.ndarray, value: int) -> np.ndarray:
    result = np.full((*size, *array.shape[2:]), value, array.dtype)
    top, left = (
      (s - side) // 2 for s, side in zip(size, array.shape[:2], strict=True)
    )
    result[top : top + array.shape[0], left : left + array.shape[1]] = array
    return result

  return scene._replace(
    image=padded(scene.image, 0),
    label_map=padded(scene.label_map, pad_label),
    instance_ids=_ids(scene, lambda ids: padded(ids, pad_label)),
  )


def _ids(
  scene: batch.Scene, change: Callable[[np.ndarray], np.ndarray]
) -> np.ndarray | None:
  """The changed instance ids; None where they are unknown."""
  return None if scene.instance_ids is None else change(scene.instance_ids)


def _resize(
  array: np.ndarray, size: tuple[int, int], resampling: Image.Resampling
) -> np.ndarray:
  if array.shape[:2] == tuple(size):
    return array
  height, width = size
  return np.array(Image.fromarray(array).resize((width, height), resampling))
