"""How often one set is chosen over another: the paper's Table 2."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from scipy import stats

from instgan_jax.apps.human_study import answer_table

LEVEL = 0.95


class Rate(NamedTuple):
  """A share of answers with its exact (Clopper-Pearson) 95 % interval.

  Attributes:
    count: answers of the kind counted.
    n: all answers.
    rate: count / n, None without answers.
    low: lower end of the interval, None without answers.
    high: upper end of the interval, None without answers.
  """

  count: int
  n: int
  rate: float | None
  low: float | None
  high: float | None


def rate(count: int, n: int) -> Rate:
  """A share with its interval, which supposes independent answers."""
  if not n:
    return Rate(count, n, None, None, None)
  interval = stats.binomtest(count, n).proportion_ci(LEVEL, method='exact')
  return Rate(count, n, count / n, float(interval.low), float(interval.high))


def matrix(
  rows: Iterable[answer_table.Row], sets: Sequence[str]
) -> dict[str, dict[str, Rate]]:
  """How often the row's set was chosen over the column's.

  Args:
    rows: answers to main questions of one mode, time-outs left out.
    sets: names, in order.

  Returns:
    [row set][column set], without the diagonal.
  """
  wins = Counter()
  for row in rows:
    other = row.right if row.choice == 'left' else row.left
    wins[row.chosen, other] += 1
  return {
    a: {b: rate(wins[a, b], wins[a, b] + wins[b, a]) for b in sets if b != a}
    for a in sets
  }
