"""The files of scenes in a list of a split, as KITTI-360 has it.

A line names a photograph and its label map. Frames of several sequences have
one number: a scene is called SEQUENCE_CAMERA_NUMBER.
"""

import pathlib

from data_pipeline import file_kinds, folder_layouts
from data_pipeline.errors import InputError


def find_scenes(
  root: pathlib.Path, layout: folder_layouts.Layout
) -> dict[str, file_kinds.SceneFiles[str]]:
  """name -> files of a split, in the order of the names.

  Args:
    root: of the data set.
    layout: with the list of the split.

  Raises:
    InputError: as `read`, and if the list is empty.
  """
  scenes = read(root, layout)
  if not scenes:
    raise InputError(
      f'{root / layout.frames}: has no frame. Expected {layout}.'
    )
  return dict(sorted(scenes.items()))


def read(
  root: pathlib.Path, layout: folder_layouts.Layout
) -> dict[str, file_kinds.SceneFiles[str]]:
  """name -> files of a split, in the order of the list.

  Raises:
    InputError: if the list is missing or wrong, or has a scene twice.
  """
  path = root / layout.frames
  try:
    lines = path.read_text(encoding='utf-8').splitlines()
  except (OSError, UnicodeDecodeError) as error:
    reason = getattr(error, 'strerror', None) or error
    raise InputError(
      f'{path}: cannot be read ({reason}). Expected {layout}.'
    ) from error
  scenes: dict[str, file_kinds.SceneFiles[str]] = {}
  for number, line in enumerate(lines, 1):
    if not line.strip():
      continue
    name, files = _scene(root, layout, line, f'{path}, line {number}')
    if name in scenes:
      raise InputError(
        f'{path}, line {number}: has the scene {name} again. Expected each one'
        ' once; remove the line.'
      )
    scenes[name] = files
  return scenes


def _scene(
  root: pathlib.Path, layout: folder_layouts.Layout, line: str, described: str
) -> tuple[str, file_kinds.SceneFiles[str]]:
  """Name and files of a line."""
  paths = [pathlib.Path(word) for word in line.split()]
  folders = [path.parent.name for path in paths]
  if folders != [layout.images, layout.label_maps]:
    raise InputError(
      f'{described}: is {line.strip()!r}, expected a photograph and its label'
      f' map, as .../{layout.images}/NAME.png .../{layout.label_maps}/NAME.png.'
    )
  image, label_map = paths
  instance_map = (
    root / label_map.parent.parent / layout.instance_maps / label_map.name
  )
  return '_'.join((*image.parts[1:-2], image.stem)), file_kinds.SceneFiles(
    str(root / image),
    str(root / label_map),
    str(instance_map) if instance_map.exists() else None,
  )
