"""Which examples make a batch: a pure function of the seed and the step.

Position n of the endless training stream lies in epoch n // N and shows
example permutation(epoch)[n % N]; the global batch at step k holds positions
k * B .. (k + 1) * B - 1. Batches run over the end of an epoch into the next,
so every example is used equally often, whatever N and B are. Nothing depends
on the steps before, hence a run can stop and continue anywhere.

Host p of P takes the contiguous rows p * B / P .. (p + 1) * B / P - 1 of the
global batch, in training and in evaluation: the hosts' batches one after
another are the batch of a single host.
"""

import functools
from typing import NamedTuple

import numpy as np

from data_pipeline.errors import InputError


class Examples(NamedTuple):
  """The rows of one batch on one host.

  Attributes:
    indices: int64 [b], the examples' places in the source.
    flips: bool [b], True to mirror the example.
    positions: uint32 [b], the rows' places in the stream over all hosts (in
      evaluation the index). They wrap around after 2**32 examples.
    mask: bool [b], False for a row that only pads the batch.
  """

  indices: np.ndarray
  flips: np.ndarray
  positions: np.ndarray
  mask: np.ndarray


def examples_of_step(
  step: int,
  *,
  seed: int,
  batch_size: int,
  num_examples: int,
  process_index: int = 0,
  process_count: int = 1,
) -> Examples:
  """The training examples of `step`, at no cost in `step`.

  Args:
    step: 0, 1, 2, ...
    seed: not negative. Other seeds give other orders and flips.
    batch_size: rows of the global batch, over all hosts.
    num_examples: examples in the source.
    process_index: which host this is.
    process_count: the number of hosts.

  Raises:
    InputError: if the hosts cannot share the batch evenly, or the source is
      empty.
  """
  rows = rows_of_process(
    batch_size=batch_size,
    num_examples=num_examples,
    process_index=process_index,
    process_count=process_count,
  )
  stream = step * batch_size + rows
  indices = np.empty(len(rows), np.int64)
  flips = np.empty(len(rows), bool)
  epochs, places = np.divmod(stream, num_examples)
  for epoch in np.unique(epochs):
    permutation, epoch_flips = _epoch(seed, int(epoch), num_examples)
    is_here = epochs == epoch
    indices[is_here] = permutation[places[is_here]]
    flips[is_here] = epoch_flips[places[is_here]]
  return Examples(
    indices=indices,
    flips=flips,
    positions=stream.astype(np.uint32),
    mask=np.ones(len(rows), bool),
  )


def examples_of_eval_batch(
  number: int,
  *,
  batch_size: int,
  num_examples: int,
  process_index: int = 0,
  process_count: int = 1,
) -> Examples:
  """The examples of evaluation batch `number`, in the order of the source.

  No example is dropped: the last batch is filled up by repeating the last
  example with mask False.

  Args:
    number: 0 .. num_eval_batches - 1.
    batch_size: rows of the global batch, over all hosts.
    num_examples: examples in the source.
    process_index: which host this is.
    process_count: the number of hosts.

  Raises:
    InputError: as `examples_of_step`.
  """
  rows = rows_of_process(
    batch_size=batch_size,
    num_examples=num_examples,
    process_index=process_index,
    process_count=process_count,
  )
  stream = number * batch_size + rows
  indices = np.minimum(stream, num_examples - 1)
  return Examples(
    indices=indices,
    flips=np.zeros(len(rows), bool),
    positions=indices.astype(np.uint32),
    mask=stream < num_examples,
  )


def num_eval_batches(*, batch_size: int, num_examples: int) -> int:
  """The batches that show every example once; the same on every host."""
  return -(-num_examples // batch_size)


def rows_of_process(
  *,
  batch_size: int,
  num_examples: int,
  process_index: int = 0,
  process_count: int = 1,
) -> np.ndarray:
  """The rows int64 [batch_size / process_count] of the global batch.

  Raises:
    InputError: if the hosts cannot share the batch evenly, or there is no
      example to fill it with.
    ValueError: if `process_index` is not in 0 .. process_count - 1.
  """
  if not 0 <= process_index < process_count:
    raise ValueError(
      f'process_index must be in 0..{process_count - 1}, got {process_index}.'
    )
  if batch_size < 1 or batch_size % process_count:
    raise InputError(
      f'batch_size {batch_size} must be a positive multiple of the'
      f' {process_count} processes (hosts). Choose another batch size or'
      ' number of hosts.'
    )
  if num_examples < 1:
    raise InputError(
      'The data source is empty: got 0 scenes, expected at least 1. Check'
      ' the data folder and the split.'
    )
  num_rows = batch_size // process_count
  return process_index * num_rows + np.arange(num_rows, dtype=np.int64)


# A batch touches more than two epochs only where it is larger than the data.
@functools.lru_cache(maxsize=4)
def _epoch(
  seed: int, epoch: int, num_examples: int
) -> tuple[np.ndarray, np.ndarray]:
  """The permutation int64 [N] and the flips bool [N] of one epoch."""
  generator = np.random.default_rng((seed, epoch))
  permutation = generator.permutation(num_examples)
  return permutation, generator.integers(0, 2, num_examples).astype(bool)
