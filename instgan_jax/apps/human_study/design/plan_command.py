"""The verb `plan`: reads the folders, writes the plan, prints its balance."""

import pathlib
from collections import Counter
from collections.abc import Iterator

from data_pipeline import atomic_file
from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import (
  balance,
  generated_sets,
  image_sets,
  plan,
  planning,
)
from instgan_jax.cli import image_size

_USUAL_PREFERENCES = (0.55, 0.6, 0.65, 0.7)


def run(flags) -> None:
  """Prints the power table, writes the plan, or both.

  Raises:
    InputError: for wrong input.
  """
  if flags.power is not None:
    _print_power(flags)
    if flags.output is None:
      return
  if flags.output is None:
    raise InputError('--output is needed, for example --output study.json.')
  if pathlib.Path(flags.output).exists():
    raise InputError(
      f'{flags.output}: exists. A plan is never changed once it is made;'
      ' remove it if no study uses it, or choose another --output.'
    )
  atomic_file.check_writable(flags.output)
  request, rules, texts = _request(flags), _rules(flags), _texts(flags)
  output = pathlib.Path(flags.output)
  sets = generated_sets.generate(
    flags.sets,
    maps=flags.maps,
    folder=output.with_name(f'{output.stem}_images'),
  )
  shown = image_size.parse(flags.image_size, 'image_size')
  made = planning.make(image_sets.read(sets, shown), request, rules, texts)
  made = plan.write(flags.output, made)
  print(f'Wrote {flags.output} (SHA-256 {made.sha256[:12]}...).')
  for line in describe(made):
    print(line)


def describe(made: plan.Plan) -> Iterator[str]:
  """Yields lines on size and balance, counted in the plan itself."""
  first = Counter(q.kind for q in made.participants[0])
  yield (
    f'{len(made.participants)} participants, each with'
    f' {" and ".join(mode.name for mode in made.modes)}:'
    f' {first[plan.MAIN]} questions, {first[plan.PRACTICE]} for practice,'
    f' {first[plan.CATCH]} catch, {first[plan.REPEAT]} repeated.'
  )
  for index, mode in enumerate(made.modes):
    counts, excess = _balance_of(made, index)
    uneven = max(map(abs, excess.values()))
    yield (
      f'{mode.name}: {_range(counts.values())} questions for each of'
      f' {len(counts)} pairs. In every scene, '
      + (
        f'a set is on the left at most {uneven} times more or less often than'
        ' on the right.'
        if uneven
        else 'each set is on the left as often as on the right.'
      )
      + ' For each participant, left and right differ by at most'
      f' {_participant_excess(made, index)}.'
    )
  if len(made.participants) % 2:
    yield (
      'An even number of participants would balance the sides of every scene'
      ' exactly.'
    )
  if not first[plan.CATCH]:
    yield (
      'No catch questions: add --catch 5 to detect inattentive participants.'
    )


def _balance_of(made: plan.Plan, mode: int):
  """Questions of each pair, and left minus right for each scene and set."""
  counts = Counter(dict.fromkeys(balance.pairs_of(made.set_names()), 0))
  excess: Counter[tuple[str, str]] = Counter()
  for questions in made.participants:
    for question in questions:
      if question.mode == mode and question.kind == plan.MAIN:
        pair = (question.left, question.right)
        counts[pair if pair in counts else pair[::-1]] += 1
        excess[question.scene, question.left] += 1
        excess[question.scene, question.right] -= 1
  return counts, excess


def _participant_excess(made: plan.Plan, mode: int) -> int:
  """Largest difference of left and right, over participants and sets."""
  largest = 0
  for questions in made.participants:
    excess: Counter[str] = Counter()
    for question in questions:
      if question.mode == mode and question.kind == plan.MAIN:
        excess[question.left] += 1
        excess[question.right] -= 1
    largest = max(largest, *map(abs, excess.values()))
  return largest


def _range(values) -> str:
  low, high = min(values), max(values)
  return str(low) if low == high else f'{low} to {high}'


def _print_power(flags) -> None:
  # Here, because only this needs SciPy.
  from instgan_jax.apps.human_study.design import power

  count = len(flags.sets)
  for line in power.table(
    flags.power or _USUAL_PREFERENCES,
    num_pairs=count * (count - 1) // 2 or None,
    num_questions=flags.questions,
  ):
    print(line)


def _request(flags) -> planning.Request:
  return planning.Request(
    num_participants=flags.participants,
    num_questions=flags.questions,
    time_limits=tuple(map(_time_limit, flags.time_limit)),
    num_practice=flags.practice,
    num_catch=flags.catch,
    num_repeats=flags.repeats,
    real_set=flags.real,
    seed=flags.seed,
    break_every=flags.break_every,
  )


def _rules(flags) -> plan.Rules:
  return plan.Rules(
    min_response_ms=flags.min_response_ms,
    max_catch_failures=flags.max_catch_failures,
    min_answered=flags.min_answered,
    leave_out_seen_twice=not flags.keep_seen_twice,
  )


def _texts(flags) -> plan.Texts:
  consent = {'en': flags.consent_en, 'ja': flags.consent_ja}
  question = {'en': flags.question_en, 'ja': flags.question_ja}
  return plan.Texts(
    title=flags.title,
    contact=flags.contact,
    consent={
      language: _read_text(path) for language, path in consent.items() if path
    },
    question={language: text for language, text in question.items() if text},
  )


def _time_limit(text: str) -> float | None:
  if text == 'none':
    return None
  try:
    return float(text)
  except ValueError:
    raise InputError(
      f'--time_limit {text!r}: expected seconds or none, for example'
      ' --time_limit 5 none.'
    ) from None


def _read_text(path: str) -> str:
  try:
    text = pathlib.Path(path).read_text(encoding='utf-8').strip()
  except (OSError, UnicodeDecodeError) as error:
    reason = getattr(error, 'strerror', None) or error
    raise InputError(
      f'{path}: cannot be read ({reason}). Give a plain UTF-8 text file.'
    ) from error
  if not text:
    raise InputError(f'{path}: is empty, expected the consent text.')
  return text
