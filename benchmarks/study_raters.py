"""Simulated raters with known preferences, who answer a plan."""

import math

import numpy as np

from instgan_jax.apps.human_study.answers import database
from instgan_jax.apps.human_study.design import plan


def answer(
  study: plan.Plan,
  scores,
  *,
  seed,
  side=0.0,
  participant_spread=0.0,
  scene_spread=0.0,
  time_out=0.0,
):
  """Answers of every participant to every question.

  Args:
    study: the plan.
    scores: log odds, by set; broken images always lose.
    seed: of the random answers.
    side: log odds for the left position.
    participant_spread: deviation of each participant's own scores.
    scene_spread: deviation of each scene's own scores.
    time_out: probability of no choice at a time limit.
  """
  dice = np.random.default_rng(seed)
  sets = list(scores)
  scenes = {
    scene: dict(zip(sets, dice.normal(0, scene_spread, len(sets)), strict=True))
    for scene in study.sets[0].images
  }
  answers = []
  for number, questions in enumerate(study.participants):
    own = dict(
      zip(sets, dice.normal(0, participant_spread, len(sets)), strict=True)
    )
    for index, question in enumerate(questions):
      values = [
        -100.0
        if name == plan.BROKEN
        else scores[name] + own[name] + scenes[question.scene][name]
        for name in (question.left, question.right)
      ]
      odds = values[0] - values[1] + side
      left = dice.random() < 1 / (1 + math.exp(-min(max(odds, -50), 50)))
      choice = 'left' if left else 'right'
      limited = study.modes[question.mode].time_limit_seconds is not None
      if limited and dice.random() < time_out:
        choice = 'none'
      answers.append(_answer(number, index, choice, dice))
  return answers


def _answer(number, index, choice, dice):
  milliseconds = float(300 + dice.gamma(2, 500))
  return database.Answer(
    participant=number,
    question=index,
    choice=choice,
    response_ms=milliseconds,
    received_at=1.8e9 + index,
    server_ms=milliseconds + 20,
    showings=1,
    hidden=0,
    layout='row',
    scale=1.0,
    pixel_ratio=1.0,
    viewport='1280x720',
  )
