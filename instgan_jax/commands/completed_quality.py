"""How well `complete_instances` finds the objects that are known."""

import pathlib
from collections.abc import Iterator

import numpy as np

from data_pipeline import (
  atomic_file,
  connected_components,
  progress,
  read_ahead,
)
from data_pipeline import batch as batch_lib
from instgan_jax.evaluation import instance_quality
from instgan_jax.inference import instance_completion

FILE = 'quality.json'
_LARGE = 256  # A large object has one of so many parts of an image.


def measure(
  completion: instance_completion.InstanceCompletion,
  source: batch_lib.Source,
  output: pathlib.Path,
) -> str:
  """Compares what is found in the known scenes of val with what there is.

  Args:
    completion: finds objects.
    source: of val.
    output: folder of `FILE`, which is written.

  Returns:
    A line on each way to find objects.

  Raises:
    InputError: for a scene that cannot be read.
  """
  height, width = completion.size
  large = max(1, height * width // _LARGE)
  quality = {
    (way, least): instance_quality.InstanceQuality(least)
    for least in (1, large)
    for way in ('network', 'connected components')
  }
  scenes = _known_scenes(source)
  for rows in read_ahead.batched(scenes, completion.batch_size):
    completed = completion.instance_ids([scene for scene, _ in rows])
    for (scene, true), ids in zip(rows, completed, strict=True):
      parts = connected_components.instance_ids(scene, source.label_table)
      for (way, _), counted in quality.items():
        counted.update(ids if way == 'network' else parts, true)
  if not quality['network', 1].num_true:
    return 'No scene of val has an instance map with objects to compare with.'
  atomic_file.write_json(
    output / FILE,
    [{'of': way, **each.to_json()} for (way, _), each in quality.items()],
  )
  lines = ['What is found of the objects of val:']
  for (way, least), each in quality.items():
    size = f' of {least} pixels and more' if least > 1 else ''
    lines.append(f'  {way}, {each.num_true} objects{size}: {each}')
  return '\n'.join(lines)


def _known_scenes(
  source: batch_lib.Source,
) -> Iterator[tuple[batch_lib.Scene, np.ndarray]]:
  """Scenes with an instance map, and its ids."""
  scenes = read_ahead.map_ahead(source.read, range(len(source)), num_threads=4)
  for scene in progress.bar(
    scenes, desc='Measuring', total=len(source), unit='scene'
  ):
    if scene.instance_ids is not None:
      yield scene, scene.instance_ids
