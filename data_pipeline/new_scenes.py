"""The scenes of a data set that is being written, in any layout."""

import os
import pathlib
from collections.abc import Collection, Mapping, Sequence

import numpy as np

from data_pipeline import (
  atomic_file,
  image_file,
  labels,
  labels_file,
  scene_layout,
)


class NewScenes:
  """One split of them, into which several programs may write.

  Attributes:
    root: folder of the data set.
    split: train or val.
    layout: of its files.
    label_table: its classes.
  """

  def __init__(
    self,
    root: str | os.PathLike[str],
    split: str,
    layout: scene_layout.SceneLayout,
    label_table: labels.LabelTable,
  ):
    """Writes labels.json, unless the layout's list has the classes.

    Args:
      root: folder of the data set.
      split: train or val.
      layout: of its files.
      label_table: its classes.
    """
    self.root, self.split = pathlib.Path(root), split
    self.layout, self.label_table = layout, label_table
    if not layout.index_has_classes:
      labels_file.save(self.root / labels_file.NAME, label_table)

  def image(self, name: str, ending: str = '.png') -> pathlib.Path:
    """The path of a photograph."""
    return self.root / self.layout.image_path(self.split, name, ending)

  def maps(
    self, name: str, *, has_instances: bool = True
  ) -> tuple[pathlib.Path, ...]:
    """The paths of the maps that a scene has."""
    paths = self.layout.map_paths(self.split, name, has_instances=has_instances)
    return tuple(self.root / path for path in paths)

  def write_maps(
    self,
    names: Sequence[str],
    label_map: np.ndarray,
    instance_ids: np.ndarray | None,
    text: Mapping[str, str] | None = None,
  ) -> None:
    """Writes the maps of a scene once, with links for other scenes of them.

    Args:
      names: of the scenes.
      label_map: uint8 [H, W].
      instance_ids: as `batch.Scene` has them; None where objects are unknown.
      text: of the PNGs' text chunks, beside that of the layout.
    """
    files = self.layout.encode(label_map, instance_ids, self.label_table)
    first, *others = [self.maps(name) for name in names]
    for i, file in enumerate(files):
      content = image_file.encode_png(file.array, {**(text or {}), **file.text})
      with atomic_file.replacing(first[i]) as partial:
        partial.write_bytes(content)
      for paths in others:
        atomic_file.link(first[i], paths[i])

  def write_index(self, names: Collection[str]) -> None:
    """Writes the list of all scenes that are there, where the layout has one.

    Args:
      names: of the scenes that this program has made or found.

    Raises:
      InputError: for a map or a list of another program that cannot be read.
    """
    if self.layout.write_index:
      self.layout.write_index(self.root, self.split, self.label_table, names)
