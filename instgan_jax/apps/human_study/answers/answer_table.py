"""Answers joined with the plan: one row for each, in memory and as CSV."""

import csv
import datetime
import io
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.answers import database
from instgan_jax.apps.human_study.design import plan

# A browser's time may exceed the server's by this, for clocks and networks.
_TOLERANCE_MS = 1000.0


class Row(NamedTuple):
  """One answer and its question; the columns of the CSV.

  Attributes:
    participant: from 1.
    question: from 1, in the order asked.
    mode: name of the mode.
    kind: main, practice, catch or repeat.
    scene: of both images.
    left: set on the left.
    right: set on the right.
    choice: left, right, or none for a time-out.
    chosen: the set chosen, '' for a time-out.
    response_ms: by the browser's clock, from both images painted.
    received: when the server received it, in UTC.
    server_ms: by the server's clock, or None.
    is_plausible: whether both clocks agree; None if the server's is unknown.
    showings: how often the images were painted.
    hidden: 1 if the page was in the background while it was shown.
    layout: row or column.
    scale: of the images; 1 is natural size.
    pixel_ratio: of the screen.
    viewport: of the browser, in CSS pixels.
    language: of the participant.
    user_agent: the browser's name.
    plan_sha256: of the plan.
  """

  participant: int
  question: int
  mode: str
  kind: str
  scene: str
  left: str
  right: str
  choice: str
  chosen: str
  response_ms: float
  received: str
  server_ms: float | None
  is_plausible: bool | None
  showings: int
  hidden: int
  layout: str
  scale: float
  pixel_ratio: float
  viewport: str
  language: str
  user_agent: str
  plan_sha256: str


def rows(
  study: plan.Plan,
  answers: Iterable[database.Answer],
  participants: Mapping[int, database.Participant],
) -> Iterator[Row]:
  """Joins answers with their questions.

  Args:
    study: the plan.
    answers: to its questions.
    participants: who consented, by number from 0.
  """
  for answer in answers:
    question = study.participants[answer.participant][answer.question]
    consent = participants.get(answer.participant)
    sides = {'left': question.left, 'right': question.right}
    yield Row(
      participant=answer.participant + 1,
      question=answer.question + 1,
      mode=study.modes[question.mode].name,
      kind=question.kind,
      scene=question.scene,
      left=question.left,
      right=question.right,
      choice=answer.choice,
      chosen=sides.get(answer.choice, ''),
      response_ms=answer.response_ms,
      received=_utc(answer.received_at),
      server_ms=answer.server_ms,
      is_plausible=_is_plausible(answer),
      showings=answer.showings,
      hidden=answer.hidden,
      layout=answer.layout,
      scale=answer.scale,
      pixel_ratio=answer.pixel_ratio,
      viewport=answer.viewport,
      language=consent.language if consent else '',
      user_agent=consent.user_agent if consent else '',
      plan_sha256=study.sha256,
    )


def csv_lines(
  study: plan.Plan,
  answers: Iterable[database.Answer],
  participants: Mapping[int, database.Participant],
) -> Iterator[str]:
  """The lines of a CSV file, with a header; arguments as in `rows`."""
  yield _csv_line(Row._fields)
  for row in rows(study, answers, participants):
    yield _csv_line(row)


def read_csv(path: str | os.PathLike, study: plan.Plan) -> list[Row]:
  """Reads a CSV file back; sets and scenes come from the plan.

  Raises:
    InputError: if the file is no such table, belongs to another plan, or
      holds a question twice.
  """
  try:
    with open(path, encoding='utf-8', newline='') as file:
      records = list(csv.DictReader(file))
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    reason = getattr(error, 'strerror', None) or error
    raise InputError(
      f'{path}: cannot be read ({reason}). Name the CSV file that the admin'
      ' page gave.'
    ) from error
  rows_read, seen = [], set()
  for line, record in enumerate(records, start=2):
    row = _read_row(record, study, f'{path}, line {line}')
    if (row.participant, row.question) in seen:
      raise InputError(
        f'{path}, line {line}: participant {row.participant} answers question'
        f' {row.question} twice. Download the CSV file again.'
      )
    seen.add((row.participant, row.question))
    rows_read.append(row)
  return rows_read


def _read_row(record, study: plan.Plan, origin: str) -> Row:
  try:
    sha256 = record['plan_sha256']
    number, index = int(record['participant']) - 1, int(record['question']) - 1
    if sha256 == study.sha256 and min(number, index) < 0:
      raise ValueError('numbers begin at 1')
    if sha256 == study.sha256:
      question = study.participants[number][index]
      row = Row(
        **{
          **record,
          'participant': number + 1,
          'question': index + 1,
          'scene': question.scene,
          'response_ms': float(record['response_ms']),
          'server_ms': _optional(record['server_ms'], float),
          'is_plausible': _optional(record['is_plausible'], 'True'.__eq__),
          'showings': int(record['showings']),
          'hidden': int(record['hidden']),
          'scale': float(record['scale']),
          'pixel_ratio': float(record['pixel_ratio']),
        }
      )
  except (KeyError, ValueError, TypeError, IndexError) as error:
    raise InputError(
      f"{origin}: is no answer to this plan's questions ({error!r}). Name the"
      ' CSV file that the admin page gave, unchanged.'
    ) from error
  if sha256 != study.sha256:
    raise InputError(
      f'{origin}: answers plan {sha256[:12]}..., expected'
      f' {study.sha256[:12]}.... Name the plan of these answers with --plan.'
    )
  _check_row(row, question, study, origin)
  return row


def _check_row(row: Row, question: plan.Question, study, origin) -> None:
  chosen = {'left': row.left, 'right': row.right, 'none': ''}
  expected = (
    study.modes[question.mode].name,
    question.kind,
    question.left,
    question.right,
    chosen.get(row.choice),
  )
  if (row.mode, row.kind, row.left, row.right, row.chosen) != expected:
    raise InputError(
      f'{origin}: does not fit the planned question {question}. Name the CSV'
      ' file that the admin page gave, unchanged.'
    )


def _is_plausible(answer: database.Answer) -> bool | None:
  if answer.server_ms is None:
    return None
  return answer.response_ms <= answer.server_ms + _TOLERANCE_MS


def _utc(seconds: float) -> str:
  moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
  return moment.isoformat(timespec='milliseconds')


def _optional(text: str, convert):
  return convert(text) if text else None


def _csv_line(values: Iterable) -> str:
  line = io.StringIO()
  csv.writer(line, lineterminator='\n').writerow(map(_cell, values))
  return line.getvalue()


def _cell(value):
  """Keeps spreadsheets from running text as a formula."""
  if value is None:
    return ''
  if isinstance(value, str) and value.startswith(('=', '+', '-', '@', '\t')):
    return f"'{value}"
  return value
