"""Bradley-Terry scores: a number for each set, from all its comparisons.

P(a is chosen over b) = 1 / (1 + exp(score_b - score_a - side)) for a on the
left, where side is the advantage of the left position. This is a logistic
regression (statsmodels), with intervals for correlated answers (`clusters`).
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import choix
import numpy as np
import statsmodels.api as sm
from scipy import sparse, stats

from instgan_jax.apps.human_study.analysis import clusters
from instgan_jax.apps.human_study.answers import answer_table

_REGULARIZATION = 0.1


class Estimate(NamedTuple):
  """A value with its 95 % interval, None where none can be given."""

  value: float
  low: float | None
  high: float | None


class Scores(NamedTuple):
  """Scores of all sets, as far as the answers determine them.

  Attributes:
    groups: strongly connected components of the graph of wins. Differences of
      scores are finite within a group; between groups they are not known.
    scores: by set, log odds against the mean of its group. Without interval if
      the group has one set, or its scores are not known.
    differences: by (set, set) of one group, the first's score less the
      second's.
    side: log odds for the left position; None if it cannot be estimated.
    equality_p: of all scores in a group of all sets being equal (Wald); None
      if there is no such group.
    regularized: by set, scores shrunk to 0 (choix) if there are several
      groups, so that there is an order; no intervals.
    num_answers: number of answers used.
    notes: sentences on what could not be estimated.
  """

  groups: list[list[str]]
  scores: dict[str, Estimate]
  differences: dict[tuple[str, str], Estimate]
  side: Estimate | None
  equality_p: float | None
  regularized: dict[str, float]
  num_answers: int
  notes: list[str]


def fit(rows: Sequence[answer_table.Row], sets: Sequence[str]) -> Scores:
  """Estimates the scores of sets.

  Args:
    rows: answers to main questions of one mode, time-outs left out.
    sets: names.
  """
  groups, notes = _groups(rows, sets)
  scores, differences, side, equality_p = {}, {}, None, None
  for group in groups:
    inside = [row for row in rows if {row.left, row.right} <= set(group)]
    if len(group) < 2 or len({row.choice for row in inside}) < 2:
      scores.update(dict.fromkeys(group, Estimate(0.0, None, None)))
      if len(group) > 1:
        notes.append(
          f'{", ".join(group)}: every answer was for the same side, so sets'
          ' and side cannot be told apart.'
        )
      continue
    model = _Model(inside, group)
    scores.update(model.scores())
    differences.update(model.differences())
    if len(groups) == 1:
      side, equality_p = model.side(), model.equality_p()
    notes += model.notes
  regularized = {}
  if len(groups) > 1 and rows:
    regularized = _regularized(rows, sets)
  return Scores(
    groups, scores, differences, side, equality_p, regularized, len(rows), notes
  )


def _wins(rows, sets) -> np.ndarray:
  """[winner, loser] counts."""
  index = {name: i for i, name in enumerate(sets)}
  counts = np.zeros((len(sets), len(sets)), int)
  for row in rows:
    loser = row.right if row.choice == 'left' else row.left
    counts[index[row.chosen], index[loser]] += 1
  return counts


def _groups(rows, sets) -> tuple[list[list[str]], list[str]]:
  """Strongly connected components of the graph of wins, and notes on them."""
  wins = _wins(rows, sets)
  _, strong = sparse.csgraph.connected_components(
    sparse.csr_array(wins), connection='strong'
  )
  _, weak = sparse.csgraph.connected_components(
    sparse.csr_array(wins), directed=False
  )
  groups = [
    [name for name, label in zip(sets, strong, strict=True) if label == number]
    for number in dict.fromkeys(strong.tolist())
  ]
  notes = []
  names = [' and '.join(group) for group in groups]
  if len(set(weak.tolist())) > 1:
    notes.append(
      'Never compared, not even through other sets: '
      + '; '.join(
        ', '.join(n for n, w in zip(sets, weak, strict=True) if w == number)
        for number in dict.fromkeys(weak.tolist())
      )
      + '. Scores are known only within each.'
    )
  elif len(groups) > 1:
    notes.append(
      f'{"; ".join(names)}: between these, one side won every time, so no'
      ' finite difference of scores fits. Scores are known only within each.'
    )
  return groups, notes


def _regularized(rows, sets) -> dict[str, float]:
  index = {name: i for i, name in enumerate(sets)}
  data = [
    (
      index[row.chosen],
      index[row.right if row.choice == 'left' else row.left],
    )
    for row in rows
  ]
  values = choix.opt_pairwise(len(sets), data, alpha=_REGULARIZATION)
  return {
    name: float(value)
    for name, value in zip(sets, values - values.mean(), strict=True)
  }


class _Model:
  """A logistic regression on differences of sets and on the side."""

  def __init__(self, rows, sets):
    self._sets = sets
    self.notes = []
    index = {name: i for i, name in enumerate(sets)}
    design = np.zeros((len(rows), len(sets) + 1))
    for i, row in enumerate(rows):
      design[i, index[row.left]] += 1
      design[i, index[row.right]] -= 1
    design[:, -1] = 1  # The left position.
    # The first set is the origin; contrasts below do not depend on it.
    design = design[:, 1:]
    chosen = np.array([row.choice == 'left' for row in rows], float)
    if np.linalg.matrix_rank(design) < design.shape[1]:
      # One set was always on one side: nothing is known about the side.
      self._has_side = False
      design = design[:, :-1]
      self.notes.append('The sides are not balanced: no side bias estimated.')
    else:
      self._has_side = True
    self._fit(chosen, design, rows)

  def _fit(self, chosen, design, rows) -> None:
    self._result, finite = _fit_logit(chosen, design)
    self._covariances, self._freedom = [], clusters.freedom(rows)
    if not finite:
      self.notes.append('No finite scores fit these answers.')
    elif not self._freedom:
      self.notes.append(
        'Intervals need at least two participants and two scenes.'
      )
    else:
      self._covariances = clusters.covariances(self._result, rows)

  def scores(self) -> dict[str, Estimate]:
    """Each score against the mean of all."""
    count = len(self._sets)
    contrasts = np.eye(count) - 1 / count
    return {
      name: self._estimate(contrast[1:])
      for name, contrast in zip(self._sets, contrasts, strict=True)
    }

  def differences(self) -> dict[tuple[str, str], Estimate]:
    """Between every two sets."""
    unit = np.eye(len(self._sets))
    return {
      (a, b): self._estimate((unit[i] - unit[j])[1:])
      for i, a in enumerate(self._sets)
      for j, b in enumerate(self._sets)
      if i < j
    }

  def side(self) -> Estimate | None:
    """The advantage of the left position."""
    if not self._has_side:
      return None
    return self._estimate(np.zeros(len(self._sets) - 1), side=1.0)

  def equality_p(self) -> float | None:
    """P value of all scores being equal, with an F distribution."""
    count = len(self._sets) - 1
    if not self._covariances or self._freedom < count:
      return None
    values = self._result.params[:count]
    participants, _, both = (c[:count, :count] for c in self._covariances)
    # In several dimensions at once the two-way covariance rejects equality a
    # little too often for raters without preference: use the larger p value.
    usable = list(filter(_is_positive, (both, participants)))
    if not usable:
      return None
    statistic = min(float(values @ np.linalg.solve(c, values)) for c in usable)
    # Hotelling's T^2: the covariance itself is estimated from few clusters.
    freedom = self._freedom - count + 1
    f = statistic * freedom / (self._freedom * count)
    return float(stats.f.sf(f, count, freedom))

  def _estimate(self, contrast, side=0.0) -> Estimate:
    if self._has_side:
      contrast = np.append(contrast, side)
    value = float(contrast @ self._result.params)
    if not self._covariances:
      return Estimate(value, None, None)
    width = clusters.half_width(contrast, self._covariances, self._freedom)
    return Estimate(value, value - width, value + width)


def _is_positive(covariance: np.ndarray) -> bool:
  return bool(np.linalg.eigvalsh(covariance).min() > 1e-12)


def _fit_logit(chosen, design):
  """The fit, and whether it is finite."""
  with warnings.catch_warnings():
    # Separation is detected below.
    warnings.simplefilter('ignore')
    result = sm.Logit(chosen, design).fit(disp=0, maxiter=100)
  return result, bool(
    np.isfinite(result.params).all() and np.abs(result.params).max() < 15
  )
