"""The PNG of COCO's panoptic format: its colors are the ids of segments."""

import numpy as np

from data_pipeline import batch, file_kinds, image_file, scene_files
from data_pipeline.errors import InputError, summarize
from data_pipeline.panoptic import annotations

_KINDS = (file_kinds.IMAGE, file_kinds.PANOPTIC_MAP)
_PHOTO_MODES = scene_files.ANY_MODES[file_kinds.IMAGE]


def read_scene(
  photo: file_kinds.File,
  map_file: file_kinds.File,
  segments: annotations.Segments,
  void_id: int,
  name: str,
) -> batch.Scene:
  """Decodes a photograph and its map, at their own size.

  Args:
    photo: path, or the contents of a JPEG.
    map_file: path, or the contents of a PNG.
    segments: of the map.
    void_id: the label of pixels in none.
    name: the scene, for messages.

  Raises:
    InputError: if a file is damaged or of another kind, if sizes differ, or for
      a segment that `segments` does not have.
  """
  image = image_file.decode(photo, file_kinds.IMAGE, name, modes=_PHOTO_MODES)
  colors = image_file.decode(map_file, file_kinds.PANOPTIC_MAP, name)
  sizes = [(array.shape[1], array.shape[0]) for array in (image, colors)]
  scene_files.check_sizes(name, sizes, _KINDS)
  described = image_file.describe(map_file, file_kinds.PANOPTIC_MAP, name)
  return batch.Scene(
    image, *_maps(segment_ids(colors), segments, void_id, described)
  )


def check_headers(photo: str, map_file: str, name: str) -> tuple[int, int]:
  """Checks kind, size and end of both files: their (width, height).

  Raises:
    InputError: naming the file that cannot be used, or both sizes.
  """
  sizes = [
    image_file.check_header(photo, file_kinds.IMAGE, modes=_PHOTO_MODES),
    image_file.check_header(map_file, file_kinds.PANOPTIC_MAP),
  ]
  scene_files.check_sizes(name, sizes, _KINDS)
  return sizes[0]


def segment_ids(colors: np.ndarray) -> np.ndarray:
  """R + 256 G + 65536 B: uint8 [H, W, 3] -> int32 [H, W]."""
  red, green, blue = np.moveaxis(colors.astype(np.int32), -1, 0)
  return red + 256 * green + 65536 * blue


def colors(ids: np.ndarray) -> np.ndarray:
  """The PNG of ids of segments: int [H, W] -> uint8 [H, W, 3]."""
  channels = [ids % 256, ids // 256 % 256, ids // 65536]
  return np.stack(channels, axis=-1).astype(np.uint8)


def _maps(
  ids: np.ndarray,
  segments: annotations.Segments,
  void_id: int,
  described: str,
) -> tuple[np.ndarray, np.ndarray]:
  """Label map uint8 [H, W] and instance ids int32 [H, W] of a PNG."""
  present, rows = np.unique(ids, return_inverse=True)
  at = np.searchsorted(segments.ids, present)
  at = np.minimum(at, max(0, len(segments.ids) - 1))
  is_void = present == 0
  is_known = is_void.copy()
  if len(segments.ids):
    is_known |= segments.ids[at] == present
  if not is_known.all():
    unknown = present[~is_known]
    raise InputError(
      f'{described}: has {len(unknown)} segments that its JSON does not have:'
      f' {summarize(list(map(str, unknown)))}. Expected the ids of'
      ' segments_info, id = R + 256 G + 65536 B; take both of one release.'
    )
  label_ids = np.full(len(present), void_id, np.uint8)
  instance_ids = np.full(len(present), void_id, np.int32)
  label_ids[~is_void] = segments.label_ids[at[~is_void]]
  instance_ids[~is_void] = segments.instance_ids[at[~is_void]]
  return (
    label_ids[rows].reshape(ids.shape),
    instance_ids[rows].reshape(ids.shape),
  )
