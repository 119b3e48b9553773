"""Coverage of the 95 % intervals in a study's report.

  python -m benchmarks.study_coverage --studies 500

Simulates studies of raters with known preferences, planned and analyzed as
real ones, and prints a JSON line for each kind of raters: the share of studies
whose interval held the true value, for each estimate with an interval. Raters
and scenes may have preferences of their own, which makes answers correlated;
the true value is then that of an infinite study: the scores that fit the
probabilities of a choice, averaged over raters and scenes. For raters without
preference, also the share of studies that detect a difference at the 5 % level.
"""

import argparse
import functools
import itertools
import json
import math
import statistics
import warnings
from collections.abc import Sequence

import numpy as np
import statsmodels.api as sm
import tqdm

from benchmarks import study_raters
from instgan_jax.apps.human_study.analysis import bradley_terry, preferences
from instgan_jax.apps.human_study.answers import answer_table
from instgan_jax.apps.human_study.design import (
  balance,
  image_sets,
  plan,
  planning,
)
from instgan_jax.cli import program

_PAPER = {'real': 1.4, 'L': -0.75, 'L+I': -0.4, 'L+I+P': -0.25}
_CHANCE = dict.fromkeys(_PAPER, 0.0)
# Scores, side, spread of participants and scenes.
KINDS = {
  'independent': (_PAPER, 0.1, 0.0, 0.0),
  'clustered': (_PAPER, 0.1, 0.3, 0.3),
  'very_clustered': (_PAPER, 0.1, 0.6, 0.6),
  'clustered_chance': (_CHANCE, 0.0, 0.3, 0.3),
  'chance': (_CHANCE, 0.0, 0.0, 0.0),
}


def main() -> None:
  """Parses the flags, simulates and prints."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('--studies', type=int, default=500)
  parser.add_argument('--participants', type=int, default=16)
  parser.add_argument('--questions', type=int, default=100)
  parser.add_argument('--scenes', type=int, default=100)
  parser.add_argument('--kinds', nargs='+', choices=KINDS, default=list(KINDS))
  flags = parser.parse_args()
  sizes = {name: v for name, v in vars(flags).items() if name != 'kinds'}
  for kind in flags.kinds:
    bar = tqdm.trange(flags.studies, desc=kind, disable=None)
    held = [
      simulate(
        kind,
        seed,
        num_participants=flags.participants,
        num_questions=flags.questions,
        num_scenes=flags.scenes,
      )
      for seed in bar
    ]
    print(json.dumps({'kind': kind, **sizes, **summary(held)}), flush=True)


def summary(held) -> dict[str, float]:
  """Shares of true values, by name."""
  return {
    name: round(float(np.mean([study[name] for study in held])), 4)
    for name in held[0]
  }


def simulate(
  kind: str,
  seed: int,
  *,
  num_participants: int,
  num_questions: int,
  num_scenes: int,
) -> dict[str, float]:
  """One study: by estimate, the share of its intervals with the true value."""
  scores, side, participants, scenes = KINDS[kind]
  study = bare_plan(
    list(scores),
    num_participants=num_participants,
    num_questions=num_questions,
    num_scenes=num_scenes,
    seed=seed,
  )
  answers = study_raters.answer(
    study,
    scores,
    seed=seed,
    side=side,
    participant_spread=participants,
    scene_spread=scenes,
  )
  return _held(kind, list(answer_table.rows(study, answers, {})))


def _held(kind: str, rows: Sequence[answer_table.Row]) -> dict[str, float]:
  scores = KINDS[kind][0]
  sets = list(scores)
  rates, true_scores, true_side = truth(kind)
  matrix = preferences.matrix(rows, sets)
  fitted = bradley_terry.fit(rows, sets)
  pairs = list(itertools.combinations(sets, 2))
  held: dict[str, float] = {
    'rates': statistics.fmean(
      [
        _holds(matrix[a][b].low, rates[a, b], matrix[a][b].high)
        for a, b in pairs
      ]
    ),
    'cluster_rates': statistics.fmean(
      [
        _holds(matrix[a][b].cluster_low, rates[a, b], matrix[a][b].cluster_high)
        for a, b in pairs
      ]
    ),
    'scores': statistics.fmean(
      [_estimated(fitted.scores[name], true_scores[name]) for name in sets]
    ),
    'differences': statistics.fmean(
      [
        _estimated(fitted.differences[a, b], true_scores[a] - true_scores[b])
        for a, b in pairs
      ]
    ),
    'side': _estimated(fitted.side, true_side),
  }
  if len(set(scores.values())) == 1:
    p = fitted.equality_p
    held['difference_detected'] = float(p is not None and p < 0.05)
  return held


def bare_plan(
  sets, *, num_participants, num_questions, num_scenes, seed
) -> plan.Plan:
  """A plan of one mode, without images."""
  image = image_sets.ImageFile('', '', (1, 1))
  scenes = {f'scene_{i:04d}': image for i in range(num_scenes)}
  request = planning.Request(
    num_participants=num_participants,
    num_questions=num_questions,
    time_limits=(None,),
    num_practice=0,
    num_catch=0,
    num_repeats=0,
    real_set=sets[0],
    seed=seed,
    break_every=50,
  )
  return planning.make(
    [image_sets.ImageSet(name, '', scenes) for name in sets],
    request,
    plan.Rules(0.0, 1.0, 0.0, False),
    plan.Texts('', '', {}, {}),
  )


@functools.cache
def truth(kind: str):
  """(rates by pair, scores, side) of an infinite study."""
  scores, side, participants, scenes = KINDS[kind]
  # The spreads of four independent normals add up in a difference.
  spread = math.sqrt(2 * (participants**2 + scenes**2))
  nodes, weights = np.polynomial.hermite_e.hermegauss(60)
  weights = weights / weights.sum()
  sets = list(scores)
  rates: dict[balance.Pair, float] = {}
  design, wins = [], []
  for (i, a), (j, b) in itertools.permutations(enumerate(sets), 2):
    odds = scores[a] - scores[b] + side + spread * nodes
    on_left = float(weights @ (1 / (1 + np.exp(-odds))))
    row = np.zeros(len(sets) + 1)
    row[i], row[j], row[-1] = 1, -1, 1
    design.append(row[1:])
    wins.append(on_left)
    rates[a, b] = rates.get((a, b), 0) + on_left / 2
    rates[b, a] = rates.get((b, a), 0) + (1 - on_left) / 2
  with warnings.catch_warnings():
    # Without spread the probabilities fit exactly, of which GLM warns.
    warnings.simplefilter('ignore')
    fit = sm.GLM(
      np.array(wins), np.array(design), family=sm.families.Binomial()
    ).fit()
  values = np.append(0.0, fit.params[:-1])
  values -= values.mean()
  return rates, dict(zip(sets, values, strict=True)), float(fit.params[-1])


def _estimated(estimate: bradley_terry.Estimate | None, value: float) -> float:
  if estimate is None:
    return 0.0
  return _holds(estimate.low, value, estimate.high)


def _holds(low: float | None, value: float, high: float | None) -> float:
  """1 if the interval holds the value; 0 if not, or without an interval."""
  return float(low is not None and high is not None and low <= value <= high)


if __name__ == '__main__':
  program.exit_after(main)
