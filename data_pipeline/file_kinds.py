"""The kinds of files that a scene has."""

from typing import Generic, NamedTuple, TypeVar

IMAGE = 'image'
LABEL_MAP = 'label map'
INSTANCE_MAP = 'instance map'
INSTANCE_COLORS = 'instance map in colors'
PANOPTIC_MAP = 'panoptic map'
# In the order of `SceneFiles`.
ALL = (IMAGE, LABEL_MAP, INSTANCE_MAP)

JPEG_ENDINGS = ('.jpg', '.jpeg')

File = TypeVar('File', str, bytes)


class SceneFiles(NamedTuple, Generic[File]):
  """A scene's files: their paths, or their contents.

  `instance_ids` is None where a scene has no instance map.
  """

  image: File
  label_map: File
  instance_ids: File | None
