"""Reading in threads ahead of the consumer, in order."""

import collections
import concurrent.futures
import itertools
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Argument = TypeVar('Argument')
Result = TypeVar('Result')


def map_ahead(
  function: Callable[[Argument], Result],
  arguments: Iterable[Argument],
  *,
  num_threads: int,
) -> Iterator[Result]:
  """Like `map`, but computed in threads, a few results ahead.

  At most twice `num_threads` results wait at a time, so that any number of
  images fits into memory. An exception of `function` is raised at its
  position in the sequence.

  Args:
    function: called in threads, several at a time.
    arguments: iterated over in the consumer's thread.
    num_threads: at least 1.
  """
  waiting: collections.deque[concurrent.futures.Future[Result]] = (
    collections.deque()
  )
  with concurrent.futures.ThreadPoolExecutor(num_threads) as threads:
    try:
      for argument in arguments:
        waiting.append(threads.submit(function, argument))
        if len(waiting) > 2 * num_threads:
          yield waiting.popleft().result()
      while waiting:
        yield waiting.popleft().result()
    finally:
      for future in waiting:
        future.cancel()


def batched(items: Iterable[Argument], size: int) -> Iterator[list[Argument]]:
  """Lists of `size` items in order; the last one may be shorter."""
  items = iter(items)
  while batch := list(itertools.islice(items, size)):
    yield batch
