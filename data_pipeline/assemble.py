"""From a source and a row of the order to the arrays of a batch."""

from collections.abc import Mapping, Sequence

import numpy as np

from data_pipeline import batch, example, instances


def assemble_example(
  source: batch.Source,
  index: int,
  *,
  position: int,
  flip: bool = False,
  max_instances: int = batch.MAX_INSTANCES,
) -> dict[str, np.ndarray]:
  """Reads one scene, mirrors it if asked, and numbers its instances.

  Args:
    source: where scenes come from.
    index: which scene to read.
    position: the example's place in the stream, see `data_pipeline.batch`.
    flip: True to mirror image and maps.
    max_instances: the largest dense id. Smaller instances over it are
      dropped and counted.

  Returns:
    The entries of a training batch (see `data_pipeline.batch`) without the
    batch dimension; no image where the source has none.
  """
  scene = source.read(index)
  if flip:
    scene = example.flip_horizontally(scene)
  instance_map, _, num_dropped = instances.dense_instance_map(
    scene.instance_ids, max_instances
  )
  example = {
    batch.IMAGE: scene.image,
    batch.LABEL_MAP: scene.label_map,
    batch.INSTANCE_MAP: instance_map,
    batch.POSITION: np.uint32(position),
    batch.NUM_DROPPED_INSTANCES: np.int32(num_dropped),
  }
  if scene.image is None:
    del example[batch.IMAGE]
  return example


def stack_examples(
  examples: Sequence[Mapping[str, np.ndarray]],
) -> dict[str, np.ndarray]:
  """Examples of one size to a batch: entries [B, ...]."""
  return {
    key: np.stack([example[key] for example in examples]) for key in examples[0]
  }
