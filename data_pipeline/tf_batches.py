"""Batches through tf.data: the same as `data_pipeline.batches`, in parallel.

Threads read, mirror and number the scenes of the coming batches while the
devices compute. The order is that of `data_pipeline.order`, so a batch is the
same byte for byte whichever of the two modules makes it.
"""

import atexit
import functools
import threading
import weakref
from collections.abc import Callable, Iterator

import numpy as np
import tensorflow as tf
from absl import logging

from data_pipeline import batch, example
from data_pipeline import order as order_lib

# Reading waits for disks and decoders more than for Python, so that threads
# beyond the number of cores help.
_NUM_THREADS = 16
_NUM_PREFETCHED_BATCHES = 2
_ENDLESS = 2**62
_DTYPES = {
  batch.IMAGE: tf.uint8,
  batch.LABEL_MAP: tf.uint8,
  batch.INSTANCE_MAP: tf.uint16,
  batch.HAS_INSTANCE_MAP: tf.bool,
  batch.POSITION: tf.uint32,
  batch.NUM_DROPPED_INSTANCES: tf.int32,
}


def train_batches(
  source: batch.Source,
  order: order_lib.TrainingOrder,
  *,
  start_step: int = 0,
  crop_size: tuple[int, int] | None = None,
  num_threads: int = _NUM_THREADS,
) -> Iterator[dict[str, np.ndarray]]:
  """This host's training batches of the steps from `start_step` on, endless.

  Args:
    source: scenes of one size.
    order: which examples make the batch of a step.
    start_step: the first step, at no cost.
    crop_size: (height, width) of random crops; None for whole scenes.
    num_threads: that read examples.

  Returns:
    Batches as `data_pipeline.batch` describes them.

  Raises:
    InputError: from the iterator, for a scene that cannot be read.
  """
  _set_up_process()
  first_error = _FirstError()

  @first_error.keep
  def read(index, flip, crop, position):
    arrays = example.read_example(
      source,
      int(index),
      flip=bool(flip),
      position=position,
      crop_size=crop_size,
      crop=crop,
    )
    return [arrays[key] for key in _DTYPES]

  def to_rows(step):
    return tf.numpy_function(
      first_error.keep(lambda step: list(order.examples(int(step)))),
      [step],
      [tf.int64, tf.bool, tf.float64, tf.uint32],
      stateful=False,
    )

  def to_example(index, flip, crop, position):
    arrays = tf.numpy_function(
      read,
      [index, flip, crop, position],
      list(_DTYPES.values()),
      stateful=False,
    )
    return dict(zip(_DTYPES, arrays, strict=True))

  options = tf.data.Options()
  options.threading.private_threadpool_size = num_threads
  dataset = (
    tf.data.Dataset.range(start_step, _ENDLESS)
    .map(to_rows)
    .unbatch()
    .map(to_example, num_parallel_calls=num_threads, deterministic=True)
    .batch(order.num_rows, drop_remainder=True)
    .prefetch(_NUM_PREFETCHED_BATCHES)
    .with_options(options)
  )
  return _Batches(dataset, first_error)


class _FirstError:
  """Remembers an error that TensorFlow would turn into one of its own."""

  def __init__(self):
    self.error = None

  def keep(self, function: Callable) -> Callable:
    """`function`, whose error is remembered."""

    @functools.wraps(function)
    def wrapped(*args):
      try:
        return function(*args)
      except Exception as error:
        self.error = self.error or error
        raise

    return wrapped


class _Batches:
  """An iterator over a dataset that calls back into Python.

  It raises the first error of these calls as it was, and it ends before
  Python does: a program that left TensorFlow's threads waiting for an
  interpreter would never return.
  """

  def __init__(self, dataset: tf.data.Dataset, first_error: _FirstError):
    self._elements = dataset.as_numpy_iterator()
    self._first_error = first_error
    self._lock = threading.Lock()
    _open_batches.add(self)

  def __iter__(self) -> Iterator[dict[str, np.ndarray]]:
    return self

  def __next__(self) -> dict[str, np.ndarray]:
    with self._lock:
      if self._elements is None:
        raise StopIteration
      try:
        return next(self._elements)
      except tf.errors.OpError:
        if self._first_error.error is None:
          raise
        raise self._first_error.error from None

  def close(self) -> None:
    """Stops the dataset's threads, after the batch that is being waited for."""
    with self._lock:
      self._elements = None


_open_batches: weakref.WeakSet[_Batches] = weakref.WeakSet()


def _close_all() -> None:
  for batches in list(_open_batches):
    batches.close()


@functools.cache
def _set_up_process() -> None:
  """Once: keeps TensorFlow off the GPUs, and closes what is open at exit."""
  atexit.register(_close_all)
  try:
    tf.config.set_visible_devices([], 'GPU')
  except RuntimeError:
    logging.warning('TensorFlow already runs and may hold the memory of GPUs.')
