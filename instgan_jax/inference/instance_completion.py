"""The objects of scenes that have labels but no instance map."""

import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from data_pipeline import batch, geometry, instance_centers, labels
from instgan_jax.models import instance_center_network
from instgan_jax.runtime import devices, image_range


class InstanceCompletion:
  """Finds objects with a network, inside each known class.

  Attributes:
    size: (height, width) at which the network sees scenes.
    batch_size: scenes that it processes at a time.
  """

  def __init__(
    self,
    network: instance_center_network.InstanceCenterNetwork,
    params: Any,
    *,
    label_table: labels.LabelTable,
    size: tuple[int, int],
    min_confidence: float,
    batch_size: int,
  ):
    """Puts the network on the devices.

    Args:
      network: that was trained.
      params: of it.
      label_table: of the scenes.
      size: (height, width) at which the network sees them.
      min_confidence: of an object that is kept, see
        `instance_centers.instance_ids`.
      batch_size: scenes at a time.
    """
    self.size, self.batch_size = size, batch_size
    self._min_confidence = min_confidence
    self._is_thing = np.zeros(256, bool)
    self._is_thing[[label.id for label in label_table.things]] = True
    self._find = functools.partial(_find, network, devices.replicate(params))

  def instance_ids(self, scenes: Sequence[batch.Scene]) -> list[np.ndarray]:
    """The objects of scenes of any size; what is known of them is not used.

    Returns:
      int32 [H, W] for each, at its own size: label * 1000 + k in objects, the
      label elsewhere.
    """
    small = [geometry.resize_scene(scene, self.size) for scene in scenes]
    found = devices.map_rows(
      self._find,
      {
        'images': np.stack([scene.image for scene in small]),
        'label_maps': np.stack([scene.label_map for scene in small]),
      },
      num_rows=self.batch_size,
    )
    return [
      self._objects(scene.label_map, seen.label_map, row)
      for scene, seen, row in zip(scenes, small, found, strict=True)
    ]

  def _objects(
    self, label_map: np.ndarray, seen: np.ndarray, found: np.ndarray
  ) -> np.ndarray:
    centers = instance_centers.peaks(seen, found[..., 0], self._is_thing)
    grouped = instance_centers.group(
      label_map, found[..., 1:], centers, self._is_thing
    )
    return instance_centers.instance_ids(
      label_map, grouped, centers, self._min_confidence
    )


@functools.partial(jax.jit, static_argnums=0)
def _find(network, params, *, images, label_maps):
  """Heat and offsets, float32 [B, H, W, 3]."""
  found = network.apply(
    {'params': params}, image_range.normalize(images), label_maps
  )
  return jnp.concatenate([found.heat[..., None], found.offsets], axis=-1)
