"""The folder of generated images: its settings, and which images exist.

`generate.json` in it records the settings, so that images of different ones do
not mix and a stopped program continues. Every image has the hash of its maps in
a text chunk, so that it is known to be of other maps when these change.
"""

import errno
import hashlib
import json
import pathlib
from collections.abc import Sequence

from PIL import Image

from data_pipeline import atomic_file, unreadable_image
from data_pipeline.errors import InputError, summarize
from instgan_jax.inference import map_folder

RECORD = 'generate.json'
# The text chunk of an image that has `maps_sha256` of its scene.
MAPS_SHA256 = 'maps_sha256'
# The last chunk of a PNG and its checksum, which Pillow does not look at.
_PNG_END = b'\0\0\0\0IEND\xaeB`\x82'


def prepare(
  output_dir: str,
  *,
  map_folders: Sequence[str],
  settings: dict,
  names: Sequence[str],
) -> pathlib.Path:
  """Makes the folder, or checks that its images are of the same settings.

  Args:
    output_dir: the folder.
    map_folders: where the maps come from, folders or single files.
    settings: JSON values, all that an image depends on but its maps.
    names: the files that are going to be in it.

  Returns:
    The folder.

  Raises:
    InputError: if it cannot be made, holds other images, or lies among the
      maps.
  """
  output = pathlib.Path(output_dir)
  sources = [pathlib.Path(folder).resolve() for folder in map_folders]
  _check_apart(output, sources)
  # Single files of one folder may go to one output, one after the other.
  folders = [path.parent if path.is_file() else path for path in sources]
  record = {'maps': [str(folder) for folder in folders], **settings}
  path = output / RECORD
  if path.exists():
    _check_record(output, record)
    return output
  if existing := [name for name in names if (output / name).exists()]:
    raise InputError(
      f'{output} has files of these names that were not generated here: '
      f'{summarize(existing)}. Choose another folder.'
    )
  try:
    atomic_file.write_json(path, record, is_shared=True)
  except OSError as error:
    if error.errno == errno.ENOSPC:
      raise
    raise InputError(
      f'{output} cannot be used: {error.strerror}. Expected a '
      'folder, or a name that is free for one.'
    ) from error
  return output


def maps_sha256(scene: map_folder.SceneFiles) -> str:
  """SHA-256 of the files of a scene's maps."""
  digest = hashlib.sha256()
  for path in (scene.label_map, scene.instance_map):
    content = path.read_bytes() if path else b''
    digest.update(hashlib.sha256(content).digest())
  return digest.hexdigest()


def is_current(image: pathlib.Path, maps: str) -> bool:
  """Whether an image is there, whole, and of the maps with this SHA-256."""
  try:
    with Image.open(image) as opened:
      is_of_maps = opened.info.get(MAPS_SHA256) == maps
      opened.verify()  # The checksums of all chunks.
    return is_of_maps and image.read_bytes().endswith(_PNG_END)
  except unreadable_image.ERRORS:
    return False


def _check_apart(
  output: pathlib.Path, map_folders: Sequence[pathlib.Path]
) -> None:
  path = output.resolve()
  for folder in map_folders:
    if folder.is_dir() and path.is_relative_to(folder):
      raise InputError(
        f'{output} lies among the maps in {folder}: choose one '
        'outside, so that no image is taken for a map.'
      )


def recorded(output_dir: str) -> dict:
  """The settings of a folder's images; {} where none were begun.

  Raises:
    InputError: if they cannot be read.
  """
  path = pathlib.Path(output_dir) / RECORD
  try:
    return dict(json.loads(path.read_text()))
  except (FileNotFoundError, NotADirectoryError):
    return {}
  except (OSError, ValueError, TypeError) as error:
    raise InputError(f'{path} is not readable JSON: {error}.') from error


def _check_record(output: pathlib.Path, record: dict) -> None:
  there = recorded(str(output))
  differing = [
    f'  {key}: {there.get(key, "absent")} there, {record.get(key)} here'
    for key in sorted(record.keys() | there.keys())
    if there.get(key) != record.get(key)
  ]
  if differing:
    raise InputError(
      f'{output} holds images of other settings:\n'
      + '\n'.join(differing)
      + '\nGive the same ones to continue, or choose another folder.'
    )
