"""The data set that `augment` writes, as the folder reader takes it."""

import hashlib
import json
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline import atomic_file, image_file, labels, labels_file
from data_pipeline import scenes as scenes_lib
from instgan_jax.inference import output_folder, scene_maps
from instgan_jax.visualization import image_grid

FOLDERS = ('images', 'labels', 'instances')


class Image(NamedTuple):
  """An image of the data set.

  Attributes:
    name: of the file.
    scene: its maps.
    seed: of its styles.
    maps_sha256: of the maps.
  """

  name: str
  scene: scene_maps.SceneMaps
  seed: int
  maps_sha256: str


class AugmentedFolder:
  """Images, their maps and manifests, into which several shards write."""

  def __init__(
    self,
    output: pathlib.Path,
    split: str,
    label_table: labels.LabelTable,
    min_pixels: int,
  ):
    """Writes labels.json, also if other shards do so at the same time.

    Args:
      output: the folder.
      split: of the scenes.
      label_table: their classes.
      min_pixels: of an instance in the maps.
    """
    self._output, self._split = output, split
    self._label_table, self._min_pixels = label_table, min_pixels
    table = labels_file.to_json(label_table)
    atomic_file.write_json(output / labels_file.NAME, table, is_shared=True)

  def write_maps(self, scenes: scenes_lib.Scenes, names: Sequence[str]) -> None:
    """Writes the maps of a scene once, with links for its other images.

    Where objects are unknown there is no instance map.

    Args:
      scenes: the one scene.
      names: of its images.
    """
    arrays = {'labels': scenes.label_maps[0]}
    if scenes.known and self._label_table.things:
      arrays['instances'] = _without_small(
        scenes.instance_maps[0], self._min_pixels
      )
    for folder, array in arrays.items():
      first, *others = [self._path(folder, name) for name in names]
      with atomic_file.replacing(first) as partial:
        partial.write_bytes(image_file.encode_png(array))
      for path in others:
        atomic_file.link(first, path)

  def has(self, image: Image) -> bool:
    """Whether an image is there, whole, and of its maps."""
    path = self._path('images', image.name)
    return output_folder.is_current(path, image.maps_sha256)

  def save(self, image: Image, pixels: np.ndarray) -> None:
    """Writes an image, uint8 [H, W, 3]."""
    image_grid.save_png(
      self._path('images', image.name),
      pixels,
      {output_folder.MAPS_SHA256: image.maps_sha256},
    )

  def remove(self, image: Image) -> None:
    """Removes the maps of an image that is not kept, and an older image."""
    for folder in FOLDERS:
      self._path(folder, image.name).unlink(missing_ok=True)

  def write_manifest(
    self, shard: tuple[int, int], images: Sequence[Image]
  ) -> str:
    """Lists the images of a shard, a JSON object a line; returns the name."""
    which, number = shard
    name = f'manifest_{which}_of_{number}.jsonl'
    lines = [json.dumps(self._line(image)) + '\n' for image in images]
    atomic_file.write_text(self._output / name, ''.join(lines))
    return name

  def _line(self, image: Image) -> dict[str, str | int]:
    path = self._path('images', image.name)
    return {
      'image': str(path.relative_to(self._output)),
      'scene': image.scene.name,
      'seed': image.seed,
      'sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
    }

  def _path(self, folder: str, name: str) -> pathlib.Path:
    return self._output / folder / self._split / f'{name}.png'


def _without_small(instance_map: np.ndarray, min_pixels: int) -> np.ndarray:
  """Dense ids without those of fewer pixels."""
  areas = np.bincount(instance_map.ravel())
  return np.where(areas[instance_map] < min_pixels, 0, instance_map).astype(
    instance_map.dtype
  )
