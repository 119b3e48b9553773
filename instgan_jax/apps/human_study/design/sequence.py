"""The order of a participant's questions, with catch questions and repeats."""

from collections.abc import Sequence

from instgan_jax.apps.human_study.design import balance, chance, plan

# Questions of other scenes between two of one scene, where there are enough.
_SCENE_GAP = 5


def order(
  *,
  participant: int,
  mode: int,
  main: Sequence[balance.Comparison],
  practice: Sequence[balance.Comparison],
  catch: Sequence[balance.Comparison],
  num_repeats: int,
  seed: int,
) -> list[plan.Question]:
  """All questions of one participant and mode, in the order to ask them.

  Practice comes first. Catch questions are spread evenly, at random within
  their share of the questions. Repeats, with the sides swapped, come half of
  the questions after what they repeat.

  Args:
    participant: its number; other numbers give other orders.
    mode: index of the mode.
    main: the questions that count.
    practice: those before.
    catch: those between, real against broken.
    num_repeats: at most half as many as `main`.
    seed: of all chance.
  """
  key = (seed, participant, mode)
  main = _spread_scenes(chance.shuffled(main, *key, 'main'))
  half = len(main) / 2
  entries = [(float(i), plan.MAIN, question) for i, question in enumerate(main)]
  early = chance.shuffled(range(len(main) // 2), *key, 'repeats')
  for i in early[:num_repeats]:
    entries.append((i + half + 0.5, plan.REPEAT, main[i].swapped()))
  share = len(main) / max(len(catch), 1)
  for i, question in enumerate(chance.shuffled(catch, *key, 'catch')):
    position = (i + chance.fraction(*key, 'catch', i)) * share - 0.5
    entries.append((max(position, 0.5), plan.CATCH, question))
  entries.sort(key=lambda entry: entry[0])
  asked = [
    (plan.PRACTICE, question)
    for question in chance.shuffled(practice, *key, 'practice')
  ] + [(kind, question) for _, kind, question in entries]
  return [plan.Question(mode, kind, *question) for kind, question in asked]


def _spread_scenes(questions: Sequence[balance.Comparison]):
  """Moves questions of a scene that was just seen to a later position."""
  waiting = list(questions)
  asked: list[balance.Comparison] = []
  while waiting:
    recent = {question.scene for question in asked[-_SCENE_GAP:]}
    fresh = (q for q in waiting if q.scene not in recent)
    chosen = next(fresh, waiting[0])
    waiting.remove(chosen)
    asked.append(chosen)
  return asked
