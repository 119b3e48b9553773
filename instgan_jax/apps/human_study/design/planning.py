"""Makes a plan from folders and numbers."""

from collections.abc import Sequence
from typing import NamedTuple

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import (
  balance,
  chance,
  image_sets,
  plan,
  sequence,
)


class Request(NamedTuple):
  """Size and settings of a study.

  Attributes:
    num_participants: at least 1; an even number balances sides exactly.
    num_questions: main questions, for each participant in each mode.
    time_limits: seconds of each mode, None for no limit; all different.
    num_practice: questions before each mode that do not count.
    num_catch: catch questions (broken against real), in each mode.
    num_repeats: questions asked again with sides swapped, in each mode.
    real_set: the set of the images that catch questions show whole and
      broken.
    seed: of all random choices.
    break_every: questions between two breaks.
  """

  num_participants: int
  num_questions: int
  time_limits: tuple[float | None, ...]
  num_practice: int
  num_catch: int
  num_repeats: int
  real_set: str
  seed: int
  break_every: int


def make(
  sets: Sequence[image_sets.ImageSet],
  request: Request,
  rules: plan.Rules,
  texts: plan.Texts,
) -> plan.Plan:
  """Plans every question of a study; the same plan for the same arguments.

  Raises:
    InputError: if a number cannot be used, or there are too few scenes.
  """
  names = [image_set.name for image_set in sets]
  scenes = list(sets[0].images)
  _check(request, rules, names, len(scenes))
  num_modes = len(request.time_limits)
  main, practice = balance.design(
    sets=names,
    scenes=scenes,
    num_participants=request.num_participants,
    num_questions=[request.num_questions] * num_modes,
    num_practice=request.num_practice,
    seed=request.seed,
  )
  participants = []
  for number in range(request.num_participants):
    asked = []
    for mode in _mode_order(number, num_modes):
      asked += sequence.order(
        participant=number,
        mode=mode,
        main=main[number][mode],
        practice=practice[number][mode],
        catch=_catch_questions(request, scenes, number, mode),
        num_repeats=request.num_repeats,
        seed=request.seed,
      )
    participants.append(tuple(asked))
  return plan.Plan(
    seed=request.seed,
    sets=tuple(sets),
    modes=tuple(_mode(seconds) for seconds in request.time_limits),
    participants=tuple(participants),
    rules=rules,
    texts=texts,
    break_every=request.break_every,
  )


def _mode(seconds: float | None) -> plan.Mode:
  name = 'unlimited' if seconds is None else f'limited_{seconds:g}s'
  return plan.Mode(name, seconds)


def _mode_order(number: int, num_modes: int) -> list[int]:
  """Participants take turns with which mode they begin."""
  return [(number + i) % num_modes for i in range(num_modes)]


def _catch_questions(request, scenes, number, mode):
  """Broken images take turns on both sides."""
  dealt = chance.shuffled(scenes, request.seed, 'catch', number)
  count = request.num_catch
  first = (number + mode) % 2
  return [
    balance.Comparison(scene, request.real_set, plan.BROKEN)
    if (i + first) % 2
    else balance.Comparison(scene, plan.BROKEN, request.real_set)
    for i, scene in enumerate(dealt[mode * count : (mode + 1) * count])
  ]


def _check(request, rules, names, num_scenes) -> None:
  _check_numbers(request)
  _check_time_limits(request.time_limits)
  if request.num_repeats > request.num_questions // 2:
    raise InputError(
      f'--repeats {request.num_repeats} of {request.num_questions} questions:'
      f' at most half of them can be repeated, {request.num_questions // 2}.'
    )
  num_catch = request.num_catch * len(request.time_limits)
  if num_catch > num_scenes:
    raise InputError(
      f'--catch {request.num_catch} in {len(request.time_limits)} modes needs'
      f' {num_catch} scenes, but there are {num_scenes}. Give fewer.'
    )
  if request.num_catch and request.real_set not in names:
    raise InputError(
      f'--catch shows images of the set {request.real_set!r}, which is none'
      f' of {", ".join(names)}. Name the real photographs with --real.'
    )
  for name in ('max_catch_failures', 'min_answered'):
    if not 0 <= getattr(rules, name) <= 1:
      raise InputError(
        f'--{name} must be from 0 to 1, got {getattr(rules, name)}.'
      )
  if not 0 <= rules.min_response_ms < 60_000:
    raise InputError(
      '--min_response_ms must be from 0 to 60000 milliseconds, got'
      f' {rules.min_response_ms}.'
    )


def _check_numbers(request: Request) -> None:
  for flag, value, least, most in (
    ('participants', request.num_participants, 1, 10_000),
    ('questions', request.num_questions, 1, 10_000),
    ('practice', request.num_practice, 0, 100),
    ('catch', request.num_catch, 0, 1_000),
    ('repeats', request.num_repeats, 0, 10_000),
    ('break_every', request.break_every, 1, 10_000),
    ('seed', request.seed, 0, 2**63),
  ):
    if not least <= value <= most:
      raise InputError(f'--{flag} must be from {least} to {most}, got {value}.')


def _check_time_limits(time_limits) -> None:
  for seconds in time_limits:
    if seconds is not None and not 0.1 <= seconds <= 3600:
      raise InputError(
        f'--time_limit must be from 0.1 to 3600 seconds, got {seconds:g}.'
      )
  if len(set(time_limits)) < len(time_limits):
    raise InputError(
      '--time_limit names one limit twice. Each mode is one block of'
      ' questions: give different limits.'
    )
