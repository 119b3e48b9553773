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
) -> Iterator[dict[str, np.ndarray]]:
  """This host's training batches of the steps from `start_step` on, endless.

  Args:
    source: scenes of one size.
    order: which examples make the batch of a step.
    start_step: the first step, at no cost.

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
          source, int(index), flip=bool(flip), position=int(position)
        )
        for index, flip, position in rows
      ]
    )
