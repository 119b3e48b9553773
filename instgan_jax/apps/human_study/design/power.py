"""Power: how many answers are needed to detect a preference."""

import math
from collections.abc import Iterator

from scipy import stats

from data_pipeline.errors import InputError

LEVEL = 0.05
POWER = 0.8
_MAX_ANSWERS = 1_000_000


def answers_needed(preference: float) -> int:
  """Independent answers for a power of 0.8.

  Args:
    preference: how often one set is chosen over another, in (0, 1).

  Returns:
    The smallest number for which the exact two-sided binomial test at level
    0.05 has a power of 0.8.

  Raises:
    InputError: if `preference` is not in (0, 1), or so close to 0.5 that a
      million answers do not suffice.
  """
  if not 0 < preference < 1:
    raise InputError(
      f'--power takes preferences between 0 and 1, got {preference}.'
    )
  gap = abs(preference - 0.5)
  if 1 / max(gap, 1e-9) ** 2 > _MAX_ANSWERS:
    raise InputError(
      f'--power {preference}: too close to 0.5, more than {_MAX_ANSWERS}'
      ' answers are needed. Try 0.55.'
    )
  return next(n for n in _candidates(gap) if power(n, 0.5 + gap) >= POWER)


def power(num_answers: int, preference: float) -> float:
  """Probability that the exact two-sided binomial test rejects 0.5."""
  # The largest count in the lower tail that is rejected.
  low = stats.binom.ppf(LEVEL / 2, num_answers, 0.5)
  low -= stats.binom.cdf(low, num_answers, 0.5) > LEVEL / 2
  return float(
    stats.binom.cdf(low, num_answers, preference)
    + stats.binom.sf(num_answers - low - 1, num_answers, preference)
  )


def table(
  preferences, *, num_pairs: int | None, num_questions: int
) -> Iterator[str]:
  """Lines to print.

  Args:
    preferences: each in (0, 1).
    num_pairs: of sets, or None where the sets are not known.
    num_questions: of each participant in a mode.
  """
  yield (
    f'Answers for each pair of sets to detect a preference (two-sided exact'
    f' test at {LEVEL:g}, power {POWER:g}):'
  )
  for preference in preferences:
    count = answers_needed(preference)
    line = f'  {preference:g}  {count:6d} answers'
    if num_pairs is not None:
      people = math.ceil(count * num_pairs / num_questions)
      line += (
        f' = {people} participants of {num_questions} questions in each mode'
      )
    yield line
  yield (
    'This assumes independent answers. Those of one participant or one scene'
    ' are correlated: plan for more.'
  )


def _candidates(gap: float):
  """Starts below the normal approximation, which is slightly too low."""
  z = stats.norm.ppf(1 - LEVEL / 2) + stats.norm.ppf(POWER)
  approximate = z**2 * (0.25 - gap**2) / gap**2
  return range(max(1, int(0.8 * approximate) - 5), _MAX_ANSWERS)
