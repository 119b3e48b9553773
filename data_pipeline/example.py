"""One training example: a scene, mirrored or not, with dense instance ids."""

from collections.abc import Mapping, Sequence

import numpy as np

from data_pipeline import batch, geometry, instances


def read_example(
  source: batch.Source,
  index: int,
  *,
  position: int,
  flip: bool = False,
  crop_size: tuple[int, int] | None = None,
  crop: tuple[float, float] = (0.0, 0.0),
) -> dict[str, np.ndarray]:
  """Reads one scene, crops and mirrors it if asked, numbers its instances.

  Args:
    source: where scenes come from.
    index: which scene to read.
    position: the example's position in the stream, see `data_pipeline.batch`.
    flip: whether to mirror image and maps.
    crop_size: (height, width) to cut out; None for the whole scene.
    crop: where, see `geometry.crop_scene`.

  Returns:
    The entries of a training batch (see `data_pipeline.batch`) without the
    batch dimension.
  """
  scene = source.read(index)
  if crop_size is not None:
    scene = geometry.crop_scene(scene, crop_size, crop)
  if flip:
    scene = flip_horizontally(scene)
  dense = instances.number(scene, source.label_table)
  return {
    batch.IMAGE: scene.image,
    batch.LABEL_MAP: scene.label_map,
    batch.INSTANCE_MAP: dense.instance_map,
    batch.HAS_INSTANCE_MAP: np.array(scene.instance_ids is not None),
    batch.POSITION: np.array(position, np.uint32),
    batch.NUM_DROPPED_INSTANCES: np.array(dense.num_dropped, np.int32),
  }


def flip_horizontally(scene: batch.Scene) -> batch.Scene:
  """Mirrors the image and its maps left to right; ids keep their values.

  Returns:
    Views of the arrays, with the columns in reverse.
  """
  return scene._replace(
    image=scene.image[:, ::-1],
    label_map=scene.label_map[:, ::-1],
    instance_ids=None
    if scene.instance_ids is None
    else scene.instance_ids[:, ::-1],
  )


def stack_examples(
  examples: Sequence[Mapping[str, np.ndarray]],
) -> dict[str, np.ndarray]:
  """Examples of one size to a batch: entries [B, ...]."""
  return {
    key: np.stack([example[key] for example in examples]) for key in examples[0]
  }
