"""The files of scenes in folders of their kinds, matched by their names."""

import pathlib

from data_pipeline import file_kinds, folder_layouts
from data_pipeline.errors import InputError, summarize


def find_scenes(
  root: pathlib.Path, layout: folder_layouts.Layout
) -> dict[str, file_kinds.SceneFiles[str]]:
  """name -> files of a split, in the order of the names.

  Args:
    root: of the data set.
    layout: with the folders of the split.

  Raises:
    InputError: if a folder or a file is missing, if two files have one name, or
      if a map is a JPEG.
  """
  images = _by_name(root / layout.images, file_kinds.IMAGE, layout)
  label_maps = _by_name(root / layout.label_maps, file_kinds.LABEL_MAP, layout)
  instance_maps = {}
  if (folder := root / layout.instance_maps).is_dir():
    instance_maps = _by_name(folder, file_kinds.INSTANCE_MAP, layout)
  problems = []
  for kind, found, others in (
    ('label map', label_maps, images),
    ('photograph', images, label_maps),
  ):
    if lacking := sorted(others.keys() - found.keys()):
      problems.append(
        f'{len(lacking)} scenes have no {kind}: {summarize(lacking)}.'
      )
  if strangers := sorted(instance_maps.keys() - label_maps.keys()):
    problems.append(
      f'{len(strangers)} instance maps belong to no scene:'
      f' {summarize(strangers)}.'
    )
  if problems:
    raise InputError(
      f'{root / layout.label_maps}: {" ".join(problems)} Files of one scene'
      f' have one name: {layout}.'
    )
  return {
    name: file_kinds.SceneFiles(
      images[name], label_maps[name], instance_maps.get(name)
    )
    for name in sorted(label_maps)
  }


def _by_name(
  folder: pathlib.Path, kind: str, layout: folder_layouts.Layout
) -> dict[str, str]:
  if not folder.is_dir():
    raise InputError(f'{folder}: there is no such folder. Expected {layout}.')
  endings: tuple[str, ...] = ('.png',)
  if kind == file_kinds.IMAGE:
    endings += file_kinds.JPEG_ENDINGS
  by_name: dict[str, str] = {}
  for path in sorted(folder.rglob('*')):
    ending = path.suffix.lower()
    if ending in file_kinds.JPEG_ENDINGS and ending not in endings:
      raise InputError(
        f'{path}: a JPEG changes ids. Save every {kind} as a PNG.'
      )
    if ending not in endings or path.name.startswith('.'):
      continue
    if path.stem in by_name:
      raise InputError(
        f'{path}: {by_name[path.stem]} has the same name. Expected one {kind}'
        ' of each scene; rename or remove one of them.'
      )
    by_name[path.stem] = str(path)
  if not by_name:
    raise InputError(
      f'{folder}: there is no {kind} ({", ".join(endings)}). Expected {layout}.'
    )
  return by_name
