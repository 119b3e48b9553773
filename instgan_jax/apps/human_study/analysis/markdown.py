"""The report as Markdown."""

from collections.abc import Iterator, Mapping, Sequence

_RULES = {
  'min_response_ms': 'answers faster than {:g} ms are left out',
  'max_catch_failures': 'participants who fail more than {:.0%} of their'
  ' answered catch questions are left out',
  'min_answered': 'participants who answer less than {:.0%} of the questions'
  ' asked in time are left out',
}


def render(result: Mapping) -> str:
  """The text of report.md.

  Args:
    result: as returned by `report.analyze`.
  """
  return '\n'.join([*_head(result), *_left_out(result), *_modes(result)]) + '\n'


def _head(result) -> Iterator[str]:
  yield f'# {_plain(result["title"]) or "Human study"}'
  yield ''
  yield (
    f'{result["num_participants"]} of {result["num_planned"]} planned'
    f' participants answered, {result["num_complete"]} to the end. Plan'
    f' `{result["plan_sha256"][:12]}`. All intervals are 95 %.'
  )
  yield ''


def _left_out(result) -> Iterator[str]:
  yield '## Left out, by the rules of the plan'
  yield ''
  for name, text in _RULES.items():
    yield f'- Rule: {text.format(result["rules"][name])}.'
  if result['rules']['leave_out_seen_twice']:
    yield (
      '- Rule: answers with a time limit are left out if the images were'
      ' shown more than once.'
    )
  yield ''
  for number, reasons in result['participants_out'].items():
    yield f'- Participant {number}: {"; ".join(reasons)}.'
  out = result['answers_out']
  yield (
    f'- Answers of the others: {out["too_fast"]} too fast,'
    f' {out["seen_twice"]} seen twice.'
  )
  asked = [entry for entry in result['catch'].values() if entry['answered']]
  failed = sum(entry['failed'] for entry in asked)
  total = sum(entry['answered'] for entry in asked)
  yield f'- Catch questions: {failed} of {total} failed, over all participants.'
  yield ''


def _modes(result) -> Iterator[str]:
  for name, mode in result['modes'].items():
    seconds = mode['time_limit_seconds']
    limit = 'no limit' if seconds is None else f'limit {seconds:g} s'
    yield f'## {name} ({limit})'
    yield ''
    if not mode['scores']['num_answers']:
      yield 'No answers.'
      yield ''
      continue
    yield from _matrix(result['sets'], mode['preferences'])
    yield f'![Preferences]({name}_preferences.png)'
    yield ''
    yield from _scores(result['sets'], mode['scores'])
    yield f'![Scores]({name}_scores.png)'
    yield ''
    yield from _checks(mode)
    yield f'![Response times]({name}_times.png)'
    yield ''


def _matrix(sets: Sequence[str], preferences) -> Iterator[str]:
  yield (
    "How often the row's set was chosen over the column's, with n, the exact"
    ' (Clopper-Pearson) interval, which assumes independent answers, and in'
    ' square brackets the interval for answers that are correlated within a'
    ' participant and within a scene:'
  )
  yield ''
  yield '| | ' + ' | '.join(map(_plain, sets)) + ' |'
  yield '|---|' + '---|' * len(sets)
  for a in sets:
    cells = ['-' if a == b else _preference(preferences[a][b]) for b in sets]
    yield f'| {_plain(a)} | ' + ' | '.join(cells) + ' |'
  yield ''


def _scores(sets, scores) -> Iterator[str]:
  yield (
    f'Bradley-Terry scores from {scores["num_answers"]} answers (log odds'
    ' against the mean; intervals for answers that are correlated within a'
    ' participant and within a scene):'
  )
  yield ''
  for note in scores['notes']:
    yield f'- {_plain(note)}'
  if scores['notes']:
    yield ''
  yield '| set | score | interval |'
  yield '|---|---|---|'
  for name in sets:
    entry = scores['scores'][name]
    alone = [name] in scores['groups']
    value = '-' if alone else f'{entry["value"]:+.2f}'
    yield f'| {_plain(name)} | {value} | {_interval(entry, "+.2f")} |'
  yield ''
  if scores['regularized']:
    order = sorted(scores['regularized'].items(), key=lambda entry: -entry[1])
    yield (
      'Shrunk scores, for the order alone: '
      + ', '.join(f'{_plain(name)} {value:+.2f}' for name, value in order)
      + '.'
    )
    yield ''
  for entry in scores['differences']:
    yield (
      f'- {_plain(entry["of"])} over {_plain(entry["over"])}:'
      f' {entry["value"]:+.2f} {_interval(entry, "+.2f")}'
    )
  if scores['equality_p'] is not None:
    yield f'- All scores equal: p = {scores["equality_p"]:.3g} (Wald).'
  yield ''


def _checks(mode) -> Iterator[str]:
  times, side = mode['response_times'], mode['scores']['side']
  yield f'- Left chosen: {_rate(mode["left"])}.'
  if side is not None:
    yield (
      f'- Left position, other things equal: log odds {side["value"]:+.2f}'
      f' {_interval(side, "+.2f")}.'
    )
  yield f'- Same image chosen when asked again: {_rate(mode["repeats"])}.'
  if times['quartiles_ms']:
    low, median, high = (value / 1000 for value in times['quartiles_ms'])
    yield (
      f'- Response time: median {median:.2f} s (quartiles {low:.2f} and'
      f' {high:.2f} s); {times["timed_out"]} time-outs.'
    )
  yield (
    f'- For information: {times["implausible"]} response times are longer than'
    f" the server's clock allows, {times['hidden']} answers had the page in the"
    f' background, {times["scaled"]} had the images below natural size.'
  )
  yield ''


def _rate(entry) -> str:
  if entry['rate'] is None:
    return 'n = 0'
  return (
    f'{entry["rate"]:.2f} ({entry["count"]}/{entry["n"]},'
    f' {entry["low"]:.2f} to {entry["high"]:.2f})'
  )


def _preference(entry) -> str:
  if entry['cluster_low'] is None:
    return _rate(entry)
  return (
    f'{_rate(entry)} [{entry["cluster_low"]:.2f} to'
    f' {entry["cluster_high"]:.2f}]'
  )


def _interval(entry, form: str) -> str:
  if entry['low'] is None:
    return '(no interval)'
  return f'({entry["low"]:{form}} to {entry["high"]:{form}})'


def _plain(text: str) -> str:
  """Escapes text for Markdown and for HTML made of it."""
  for character in '\\`*_[]|<>#':
    text = text.replace(character, f'\\{character}')
  return ' '.join(text.split())
