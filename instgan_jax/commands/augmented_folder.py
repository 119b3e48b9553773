"""The data set that `augment` writes, in the layout of that of its scenes."""

import hashlib
import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline import atomic_file, instances, new_scenes
from data_pipeline import scenes as scenes_lib
from instgan_jax.inference import output_folder, scene_maps
from instgan_jax.visualization import image_grid


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

  def __init__(self, scenes: new_scenes.NewScenes, min_pixels: int):
    """Writes nothing yet.

    Args:
      scenes: the split of the data set.
      min_pixels: of an instance in the maps.
    """
    self._scenes, self._min_pixels = scenes, min_pixels

  def write_maps(self, scenes: scenes_lib.Scenes, names: Sequence[str]) -> None:
    """Writes the maps of a scene once, with links for its other images.

    Where objects are unknown there is no instance map.

    Args:
      scenes: the one scene.
      names: of its images.
    """
    label_map, ids = scenes.label_maps[0], None
    if scenes.known and self._scenes.label_table.things:
      dense = _without_small(scenes.instance_maps[0], self._min_pixels)
      ids = instances.original_ids(label_map, dense, scenes.instance_ids[0])
    self._scenes.write_maps(names, label_map, ids)

  def has(self, image: Image) -> bool:
    """Whether an image is there, whole, and of its maps."""
    path = self._scenes.image(image.name)
    return output_folder.is_current(path, image.maps_sha256)

  def save(self, image: Image, pixels: np.ndarray) -> None:
    """Writes an image, uint8 [H, W, 3]."""
    image_grid.save_png(
      self._scenes.image(image.name),
      pixels,
      {output_folder.MAPS_SHA256: image.maps_sha256},
    )

  def remove(self, image: Image) -> None:
    """Removes the maps of an image that is not kept, and an older image."""
    name = image.name
    for path in (self._scenes.image(name), *self._scenes.maps(name)):
      path.unlink(missing_ok=True)

  def write_manifest(
    self, shard: tuple[int, int], images: Sequence[Image]
  ) -> str:
    """Lists the images of a shard, a JSON object a line; returns the name.

    The index of the layout, where it has one, lists those of all shards.
    """
    self._scenes.write_index([image.name for image in images])
    which, number = shard
    name = f'manifest_{self._scenes.split}_{which}_of_{number}.jsonl'
    lines = [json.dumps(self._line(image)) + '\n' for image in images]
    atomic_file.write_text(self._scenes.root / name, ''.join(lines))
    return name

  def _line(self, image: Image) -> dict[str, str | int]:
    path = self._scenes.image(image.name)
    return {
      'image': str(path.relative_to(self._scenes.root)),
      'scene': image.scene.name,
      'seed': image.seed,
      'sha256': hashlib.sha256(path.read_bytes()).hexdigest(),
    }


def _without_small(instance_map: np.ndarray, min_pixels: int) -> np.ndarray:
  """Dense ids without those of fewer pixels."""
  areas = np.bincount(instance_map.ravel())
  return np.where(areas[instance_map] < min_pixels, 0, instance_map).astype(
    instance_map.dtype
  )
