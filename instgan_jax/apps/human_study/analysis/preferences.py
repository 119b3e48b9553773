"""How often one set is chosen over another (the paper's Table 2)."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import statsmodels.api as sm
from scipy import special
from statsmodels.stats import proportion

from instgan_jax.apps.human_study.analysis import clusters
from instgan_jax.apps.human_study.answers import answer_table


@dataclasses.dataclass(frozen=True)
class Rate:
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
  """A share with its interval, which assumes independent answers."""
  if not n:
    return Rate(count, n, None, None, None)
  low, high = proportion.proportion_confint(
    count, n, alpha=1 - clusters.LEVEL, method='beta'
  )
  return Rate(count, n, count / n, float(low), float(high))


@dataclasses.dataclass(frozen=True)
class Preference(Rate):
  """How often one set is chosen over another: answers for the first of both.

  The exact interval assumes independent answers.

  Attributes:
    cluster_low: lower end of the interval for answers that are correlated
      within a participant and within a scene (symmetric in the log odds); None
      where none can be given.
    cluster_high: upper end.
  """

  cluster_low: float | None
  cluster_high: float | None


def matrix(
  rows: Sequence[answer_table.Row], sets: Sequence[str]
) -> dict[str, dict[str, Preference]]:
  """How often the row's set was chosen over the column's.

  Args:
    rows: answers to main questions of one mode, time-outs left out.
    sets: names, in order.

  Returns:
    [row set][column set], without the diagonal.
  """
  table: dict[str, dict[str, Preference]] = {name: {} for name in sets}
  for i, a in enumerate(sets):
    for b in sets[i + 1 :]:
      between = [row for row in rows if {row.left, row.right} == {a, b}]
      count = sum(row.chosen == a for row in between)
      low, high = _cluster_interval(between, a)
      table[a][b] = _preference(count, len(between), low, high)
      if low is not None and high is not None:
        low, high = 1 - high, 1 - low
      table[b][a] = _preference(len(between) - count, len(between), low, high)
  return {a: {b: table[a][b] for b in sets if b != a} for a in sets}


def _preference(count, n, cluster_low, cluster_high) -> Preference:
  share = dataclasses.asdict(rate(count, n))
  return Preference(**share, cluster_low=cluster_low, cluster_high=cluster_high)


def _cluster_interval(rows, first) -> tuple[float | None, float | None]:
  wins = np.array([row.chosen == first for row in rows], float)
  degrees = clusters.freedom(rows)
  if not degrees or wins.min() == wins.max():
    return None, None
  result = sm.Logit(wins, np.ones((len(wins), 1))).fit(disp=0)
  width = clusters.half_width(
    np.ones(1), clusters.covariances(result, rows), degrees
  )
  ends = special.expit(result.params[0] + np.array([-width, width]))
  return float(ends[0]), float(ends[1])
