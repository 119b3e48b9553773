"""Random numbers from a seed, the same in every version of Python."""

import hashlib
from collections.abc import Iterable
from typing import TypeVar

T = TypeVar('T')


def shuffled(items: Iterable[T], *key: object) -> list[T]:
  """The items in a pseudorandom order.

  Args:
    items: in an order of their own.
    *key: the seed and what is ordered; integers and strings. Orders of
      different keys are independent.
  """
  items = list(items)
  ranks = [
    hashlib.sha256(repr((*key, i)).encode()).digest() for i in range(len(items))
  ]
  return [item for _, item in sorted(zip(ranks, items, strict=True), key=_rank)]


def fraction(*key: object) -> float:
  """A pseudorandom number in [0, 1)."""
  digest = hashlib.sha256(repr(key).encode()).digest()
  return int.from_bytes(digest[:6], 'big') / 2**48


def _rank(ranked: tuple) -> bytes:
  return ranked[0]
