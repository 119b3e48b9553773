"""Uncertainty of correlated answers.

Answers of one participant are correlated, and so are answers about one scene.
The variance of an estimate is that for two-way clusters (Cameron, Gelbach &
Miller 2011, doi:10.1198/jbes.2010.07136), and intervals use Student's t with
one degree of freedom less than the smaller number of clusters. With few answers
that variance can come out negative; then the larger one for either clustering
alone stands in.
"""

from collections.abc import Sequence

import numpy as np
from scipy import stats

from instgan_jax.apps.human_study.answers import answer_table

LEVEL = 0.95


def freedom(rows: Sequence[answer_table.Row]) -> int:
  """Degrees of freedom; 0 if there are too few clusters for an interval."""
  participants = {row.participant for row in rows}
  scenes = {row.scene for row in rows}
  return max(min(len(participants), len(scenes)) - 1, 0)


def covariances(result, rows: Sequence[answer_table.Row]) -> list[np.ndarray]:
  """Covariances of parameters: by participants, by scenes, and by both.

  Args:
    result: of a fitted statsmodels model, an observation a row.
    rows: the answers.
  """
  participants, scenes = (
    np.unique([getattr(row, name) for row in rows], return_inverse=True)[1]
    for name in ('participant', 'scene')
  )
  both = np.stack([participants, scenes], 1)
  estimates = []
  for groups in (participants, scenes, both):
    robust = result.model.fit(
      disp=0,
      start_params=result.params,
      cov_type='cluster',
      cov_kwds={'groups': groups},
    )
    estimates.append(np.asarray(robust.cov_params()))
  return estimates


def half_width(
  contrast: np.ndarray, estimates: Sequence[np.ndarray], degrees: int
) -> float:
  """Half of the 95 % interval of `contrast @ parameters`.

  Args:
    contrast: a weight for each parameter.
    estimates: as `covariances` returns them.
    degrees: as `freedom` returns them, at least 1.
  """
  *either, both = (float(contrast @ matrix @ contrast) for matrix in estimates)
  variance = both if both > 0 else max(either)
  return float(stats.t.ppf((1 + LEVEL) / 2, degrees)) * variance**0.5
