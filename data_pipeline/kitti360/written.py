"""Scenes written in the layout of KITTI-360, by programs side by side.

Those of train and of val lie in the same folders, and only the list of a split
tells which are its own: each program adds its scenes to it.
"""

import os
import pathlib
import re
from collections.abc import Collection

from data_pipeline import (
  atomic_file,
  file_kinds,
  file_lock,
  folder_layouts,
  frame_list,
  instance_encodings,
  labels,
  scene_layout,
)
from data_pipeline.errors import InputError

_ENDINGS = ('.png', *file_kinds.JPEG_ENDINGS)
# SEQUENCE_CAMERA_NUMBER.
_NAME = re.compile(r'([\w-]+)_(image_\d+)_(.+)')

_Scenes = dict[str, file_kinds.SceneFiles[str]]


def _parts(name: str) -> dict[str, str]:
  """{folder} and {frame}; other names are those of frames in no folder."""
  match = _NAME.fullmatch(name)
  sequence, camera, frame = match.groups() if match else ('', '', name)
  folder = f'{sequence}/{camera}/' if match else ''
  return {'name': name, 'folder': folder, 'frame': frame}


def _write_list(
  root: pathlib.Path,
  split: str,
  label_table: labels.LabelTable,
  names: Collection[str],
) -> None:
  """Adds scenes to the list; those whose files are not there leave it."""
  del label_table  # It is in labels.json.
  path = root / folder_layouts.KITTI360.of_split(split).frames
  path.parent.mkdir(parents=True, exist_ok=True)
  with file_lock.held(path.with_name(f'.{path.name}.lock'), refusal=None):
    scenes = _listed(root, split) | _made(root, split, names)
    lines = [
      f'{_in(root, scene.image)} {_in(root, scene.label_map)}\n'
      for _, scene in sorted(scenes.items())
      if os.path.exists(scene.image) and os.path.exists(scene.label_map)
    ]
    atomic_file.write_text(path, ''.join(lines), is_shared=True)


def _listed(root: pathlib.Path, split: str) -> _Scenes:
  """The scenes that are in the list already."""
  files = folder_layouts.KITTI360.of_split(split)
  if not (root / files.frames).exists():
    return {}
  try:
    return frame_list.read(root, files)
  except InputError as error:
    raise InputError(
      f'{error} To make the list anew, remove it, and run the commands of all'
      ' its scenes again.'
    ) from error


def _made(root: pathlib.Path, split: str, names: Collection[str]) -> _Scenes:
  """The scenes of these names that have a photograph."""
  name_of = {root / LAYOUT.image_path(split, name, ''): name for name in names}
  scenes = {}
  for folder in {path.parent for path in name_of}:
    for path in sorted(folder.iterdir() if folder.is_dir() else ()):
      name = name_of.get(path.with_suffix(''))
      if name is not None and path.suffix.lower() in _ENDINGS:
        label_map, *_ = LAYOUT.map_paths(split, name)
        scenes[name] = file_kinds.SceneFiles(
          str(path), str(root / label_map), None
        )
  return scenes


def _in(root: pathlib.Path, path: str) -> str:
  return path.removeprefix(os.path.join(root, ''))


LAYOUT = scene_layout.SceneLayout(
  folder_layouts.KITTI360.name,
  'folder',
  'data_2d_raw/{folder}data_rect/{frame}',
  (
    'data_2d_semantics/train/{folder}semantic/{frame}.png',
    'data_2d_semantics/train/{folder}instance/{frame}.png',
  ),
  scene_layout.label_and_instance_map(instance_encodings.KITTI360.encode),
  thing_ids=instance_encodings.KITTI360.thing_ids,
  parts=_parts,
  write_index=_write_list,
)
