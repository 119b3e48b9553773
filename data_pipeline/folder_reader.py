"""The reader of a folder of photographs and maps, chosen by its layout."""

import os
import pathlib

from data_pipeline import (
  batch,
  folder_layouts,
  labels,
  labels_file,
  photo_folder,
)
from data_pipeline.cityscapes import file_names
from data_pipeline.cityscapes import folder as cityscapes_folder
from data_pipeline.errors import InputError


def open_split(
  root: str | os.PathLike[str],
  split: str,
  *,
  size: tuple[int, int] | None,
  geometry: str,
) -> batch.Source:
  """The scenes of a split; see the readers for arguments and errors.

  Raises:
    InputError: also for a folder that has no known layout.
  """
  reader = (
    cityscapes_folder.CityscapesFolder
    if _is_cityscapes(root)
    else photo_folder.PhotoFolder
  )
  return reader(root, split, size=size, geometry=geometry)


def label_table(root: str | os.PathLike[str]) -> labels.LabelTable:
  """The classes of a folder, without reading scenes.

  Raises:
    InputError: if they cannot be read, or for a folder without known layout.
  """
  if _is_cityscapes(root):
    return cityscapes_folder.label_table(root)
  return photo_folder.label_table(root)


def _is_cityscapes(root: str | os.PathLike[str]) -> bool:
  """Whether a folder has the layout of Cityscapes, not another one."""
  folder = pathlib.Path(root).expanduser()
  tops = [kind.folder for kind in file_names.KINDS.values()]
  if any((folder / top).is_dir() for top in tops):
    return True
  entries = (labels_file.NAME, 'images', 'labels')
  if not folder.is_dir():
    raise InputError(
      f'{root}: there is no such folder. Expected the one that holds '
      f'{", ".join(entries)}, or leftImg8bit and gtFine, as Cityscapes has '
      'them.'
    )
  if folder_layouts.find(folder) is not folder_layouts.OWN or any(
    (folder / name).exists() for name in entries
  ):
    return False
  others = ' or '.join(
    f'{layout.of_split("train").sign} ({layout.name})'
    for layout in (folder_layouts.ADE20K, folder_layouts.KITTI360)
  )
  raise InputError(
    f'{root}: has neither leftImg8bit and gtFine, as Cityscapes has them, nor'
    f' {", ".join(entries)}, nor {others}. Expected one of these layouts.'
  )
