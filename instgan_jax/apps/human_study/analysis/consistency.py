"""Consistency: is the same image chosen again when sides are swapped."""

from collections.abc import Sequence

from instgan_jax.apps.human_study.analysis import preferences
from instgan_jax.apps.human_study.answers import answer_table
from instgan_jax.apps.human_study.design import plan


def repeats(rows: Sequence[answer_table.Row]) -> preferences.Rate:
  """How often a repeated question got the same image.

  Args:
    rows: answers of one mode; pairs of which one timed out do not count.

  Returns:
    The share; 0.5 is chance.
  """
  first = {_key(row): row.chosen for row in rows if row.kind == plan.MAIN}
  pairs = [
    (first[_key(row)], row.chosen)
    for row in rows
    if row.kind == plan.REPEAT and row.chosen and first.get(_key(row))
  ]
  return preferences.rate(sum(a == b for a, b in pairs), len(pairs))


def _key(row: answer_table.Row) -> tuple:
  return row.participant, row.scene, frozenset((row.left, row.right))
