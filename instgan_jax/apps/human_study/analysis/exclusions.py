"""Participants and answers that the rules of the plan leave out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from instgan_jax.apps.human_study.answers import answer_table
from instgan_jax.apps.human_study.design import plan


class Kept(NamedTuple):
  """Answers that count, and a record of the others.

  Attributes:
    rows: answers that count, of all kinds but practice, time-outs too.
    participants_out: reasons, by participant.
    answers_out: by rule, number of answers of other participants left out.
    catch: by participant, (failed, answered) catch questions.
  """

  rows: list[answer_table.Row]
  participants_out: dict[int, list[str]]
  answers_out: dict[str, int]
  catch: dict[int, tuple[int, int]]


def apply(
  rows: Sequence[answer_table.Row],
  rules: plan.Rules,
  time_limits: Mapping[str, float | None],
) -> Kept:
  """Applies the rules: to participants first, then to answers.

  Args:
    rows: all answers.
    rules: of the plan.
    time_limits: by mode.
  """
  by_participant = defaultdict(list)
  for row in rows:
    if row.kind != plan.PRACTICE:
      by_participant[row.participant].append(row)
  participants_out, catch, kept = {}, {}, []
  answers_out = {'too_fast': 0, 'seen_twice': 0}
  for participant, given in sorted(by_participant.items()):
    catch[participant] = _catch(given)
    reasons = _reasons(given, catch[participant], rules)
    if reasons:
      participants_out[participant] = reasons
      continue
    for row in given:
      rule = _rule_against(row, rules, time_limits)
      if rule is None:
        kept.append(row)
      else:
        answers_out[rule] += 1
  return Kept(kept, participants_out, answers_out, catch)


def _catch(rows) -> tuple[int, int]:
  answered = [row for row in rows if row.kind == plan.CATCH and row.chosen]
  return sum(row.chosen == plan.BROKEN for row in answered), len(answered)


def _reasons(rows, catch, rules: plan.Rules) -> list[str]:
  reasons = []
  failed, asked = catch
  if asked and failed / asked > rules.max_catch_failures:
    reasons.append(f'failed {failed} of {asked} catch questions')
  answered = sum(bool(row.chosen) for row in rows)
  if answered / len(rows) < rules.min_answered:
    reasons.append(f'answered {answered} of {len(rows)} questions in time')
  return reasons


def _rule_against(row, rules: plan.Rules, time_limits) -> str | None:
  if row.chosen and row.response_ms < rules.min_response_ms:
    return 'too_fast'
  limited = time_limits[row.mode] is not None
  if rules.leave_out_seen_twice and limited and row.showings > 1:
    return 'seen_twice'
  return None
