"""How long answers took, by the browser's clock."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from instgan_jax.apps.human_study.answers import answer_table


class ResponseTimes(NamedTuple):
  """Milliseconds from both images painted to the choice.

  Attributes:
    answered: number of choices.
    timed_out: number of questions without a choice at the limit.
    quartiles_ms: 25, 50 and 75 % of the choices, None without any.
    implausible: answers that took longer by the browser's clock than by the
      server's.
    hidden: answers while the page was in the background at some time.
    scaled: answers to images that were not at natural size.
  """

  answered: int
  timed_out: int
  quartiles_ms: tuple[float, float, float] | None
  implausible: int
  hidden: int
  scaled: int


def summarize(rows: Sequence[answer_table.Row]) -> ResponseTimes:
  """Summarizes the answers to main questions of one mode."""
  times = [row.response_ms for row in rows if row.chosen]
  quartiles = None
  if times:
    low, median, high = map(float, np.percentile(times, (25, 50, 75)))
    quartiles = low, median, high
  return ResponseTimes(
    answered=len(times),
    timed_out=len(rows) - len(times),
    quartiles_ms=quartiles,
    implausible=sum(row.is_plausible is False for row in rows),
    hidden=sum(bool(row.hidden) for row in rows),
    scaled=sum(row.scale != 1 for row in rows),
  )
