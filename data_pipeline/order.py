"""Which examples make a batch: a pure function of the seed and the step.

Position n of the endless training stream lies in epoch n // N and shows
example permutation(epoch)[n % N]; the global batch at step k holds positions
k * B .. (k + 1) * B - 1. Batches run over the end of an epoch into the next,
so every example is used equally often, whatever N and B are. Nothing depends
on the steps before, hence a run can stop and continue anywhere.

Host p of P takes the contiguous rows p * B / P .. (p + 1) * B / P - 1 of the
global batch: the hosts' batches one after another are the batch of a single
host.
"""

import dataclasses
import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError


class Examples(NamedTuple):
  """The rows of one batch on one host.

  Attributes:
    indices: int64 [b], the examples' indices in the source.
    flips: bool [b], True to mirror the example.
    crops: float64 [b, 2], where random crops lie, see `geometry.crop_scene`.
    positions: uint32 [b], the rows' positions in the stream over all hosts.
      They wrap around after 2**32 examples.
  """

  indices: np.ndarray
  flips: np.ndarray
  crops: np.ndarray
  positions: np.ndarray


@dataclasses.dataclass(frozen=True)
class TrainingOrder:
  """The order of the training examples on one host.

  Attributes:
    num_examples: examples in the source.
    batch_size: rows of the global batch, over all hosts.
    seed: not negative. Other seeds give other orders and flips.
    flip: whether to mirror half of the examples.
    process_index: which host this is.
    process_count: the number of hosts.

  Raises:
    InputError: if the hosts cannot share the batch evenly, or the source is
      empty.
    ValueError: if `process_index` is not in 0 .. process_count - 1.
  """

  num_examples: int
  batch_size: int
  seed: int
  flip: bool = True
  process_index: int = 0
  process_count: int = 1

  def __post_init__(self):
    if not 0 <= self.process_index < self.process_count:
      raise ValueError(
        f'process_index must be in 0..{self.process_count - 1}, got '
        f'{self.process_index}.'
      )
    if self.batch_size < 1 or self.batch_size % self.process_count:
      raise InputError(
        f'batch_size {self.batch_size} must be a positive multiple of the '
        f'{self.process_count} processes (hosts). Choose another batch size '
        'or number of hosts.'
      )
    if self.num_examples < 1:
      raise InputError(
        'The data source is empty: got 0 scenes, expected at least 1. Check '
        'the data folder and the split.'
      )

  @property
  def num_rows(self) -> int:
    """Rows of a batch on this host."""
    return self.batch_size // self.process_count

  def examples(self, step: int) -> Examples:
    """The examples of `step` (0, 1, 2, ...), at no cost in `step`."""
    first = step * self.batch_size + self.process_index * self.num_rows
    stream = first + np.arange(self.num_rows, dtype=np.int64)
    indices = np.empty(len(stream), np.int64)
    flips = np.zeros(len(stream), bool)
    crops = np.empty((len(stream), 2))
    epochs, offsets = np.divmod(stream, self.num_examples)
    for epoch in np.unique(epochs):
      permutation, epoch_flips, epoch_crops = _epoch(
        self.seed, int(epoch), self.num_examples
      )
      is_here = epochs == epoch
      indices[is_here] = permutation[offsets[is_here]]
      crops[is_here] = epoch_crops[offsets[is_here]]
      if self.flip:
        flips[is_here] = epoch_flips[offsets[is_here]]
    return Examples(indices, flips, crops, stream.astype(np.uint32))


# A batch touches more than two epochs only where it is larger than the data.
@functools.lru_cache(maxsize=4)
def _epoch(
  seed: int, epoch: int, num_examples: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
  """Permutation int64 [N], flips bool [N] and crops [N, 2] of one epoch."""
  generator = np.random.default_rng((seed, epoch))
  permutation = generator.permutation(num_examples)
  flips = generator.integers(0, 2, num_examples).astype(bool)
  return permutation, flips, generator.random((num_examples, 2))
