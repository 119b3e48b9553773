"""Training batches of any source, without TensorFlow."""

import itertools
from collections.abc import Iterator

import numpy as np

from data_pipeline import batch, example
from data_pipeline import order as order_lib


def train_batches(
  source: batch.Source,
  order: order_lib.TrainingOrder,
  *,
  start_step: int = 0,
  crop_size: tuple[int, int] | None = None,
) -> Iterator[dict[str, np.ndarray]]:
  """This host's training batches of the steps from `start_step` on, endless.

  Args:
    source: scenes of one size.
    order: which examples make the batch of a step.
    start_step: the first step, at no cost.
    crop_size: (height, width) of random crops; None for whole scenes.

  Yields:
    Batches as `data_pipeline.batch` describes them.

  Raises:
    InputError: for a scene that cannot be read.
  """
  for step in itertools.count(start_step):
    rows = zip(*order.examples(step), strict=True)
    yield example.stack_examples(
      [
        example.read_example(
          source,
          int(index),
          flip=bool(flip),
          position=int(position),
          crop_size=crop_size,
          crop=crop,
        )
        for index, flip, crop, position in rows
      ]
    )
