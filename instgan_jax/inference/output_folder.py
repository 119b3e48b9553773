"""The folder that drawings go to: whose pictures it holds, and which are there.

`generate.json` in it records the settings, so that pictures of different ones
do not mix and a stopped program goes on.
"""

import errno
import json
import os
import pathlib
from collections.abc import Sequence

from data_pipeline import errors
from data_pipeline.errors import InputError
from instgan_jax.inference import map_folder

RECORD = 'generate.json'


def prepare(
  output_dir: str,
  *,
  map_folders: Sequence[str],
  settings: dict,
  names: Sequence[str],
) -> pathlib.Path:
  """Makes the folder, or checks that its pictures are of the same settings.

  Args:
    output_dir: the folder.
    map_folders: where the maps come from, folders or single files.
    settings: JSON values, all that a picture depends on but its maps.
    names: the files that are going to be in it.

  Returns:
    The folder.

  Raises:
    InputError: if it cannot be made, holds other pictures, or lies among the
      maps.
  """
  output = pathlib.Path(output_dir)
  places = [pathlib.Path(folder).resolve() for folder in map_folders]
  _check_apart(output, places)
  # Single files of one folder may go to one place, one after the other.
  folders = [place.parent if place.is_file() else place for place in places]
  record = {'maps': [str(folder) for folder in folders], **settings}
  path = output / RECORD
  if path.exists():
    _check_record(path, record)
    return output
  if existing := [name for name in names if (output / name).exists()]:
    raise InputError(
      f'{output} has files of these names that were not drawn here: '
      f'{errors.summarize(existing)}. Choose another --output_dir.'
    )
  partial = path.with_suffix('.partial')
  try:
    output.mkdir(parents=True, exist_ok=True)
    partial.write_text(json.dumps(record, indent=2) + '\n')
    os.replace(partial, path)
  except OSError as error:
    if error.errno == errno.ENOSPC:
      raise
    raise InputError(
      f'--output_dir {output} cannot be used: {error.strerror}. Expected a '
      'folder, or a name that is free for one.'
    ) from error
  return output


def is_drawn(picture: pathlib.Path, scene: map_folder.SceneFiles) -> bool:
  """Whether a picture is there, and not older than its maps."""
  if not picture.exists():
    return False
  maps = [path for path in (scene.label_map, scene.instance_map) if path]
  newest = max(path.stat().st_mtime_ns for path in maps)
  return picture.stat().st_mtime_ns >= newest


def _check_apart(
  output: pathlib.Path, map_folders: Sequence[pathlib.Path]
) -> None:
  place = output.resolve()
  for folder in map_folders:
    if folder.is_dir() and place.is_relative_to(folder):
      raise InputError(
        f'--output_dir {output} lies among the maps in {folder}: choose one '
        'outside, so that no picture is taken for a map.'
      )


def _check_record(path: pathlib.Path, record: dict) -> None:
  try:
    there = dict(json.loads(path.read_text()))
  except (OSError, ValueError, TypeError) as error:
    raise InputError(f'{path} is not readable JSON: {error}.') from error
  differing = [
    f'  {key}: {there.get(key, "absent")} there, {record.get(key)} here'
    for key in sorted(record.keys() | there.keys())
    if there.get(key) != record.get(key)
  ]
  if differing:
    raise InputError(
      f'{path.parent} holds pictures of other settings:\n'
      + '\n'.join(differing)
      + '\nGive the same ones to continue, or choose another --output_dir.'
    )
