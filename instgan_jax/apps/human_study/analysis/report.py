"""The verb `report`: from answers to report.md, report.json and plots."""

import dataclasses
import json
import pathlib
from collections import Counter
from collections.abc import Sequence

from data_pipeline import atomic_file
from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.analysis import (
  bradley_terry,
  consistency,
  exclusions,
  markdown,
  plots,
  preferences,
  response_times,
)
from instgan_jax.apps.human_study.answers import answer_table, database
from instgan_jax.apps.human_study.design import plan


def run(
  *,
  database_path: str | None,
  answers: str | None,
  plan_path: str | None,
  output: pathlib.Path,
) -> None:
  """Reads the answers and writes a folder.

  Args:
    database_path: the file that `serve` wrote, or None.
    answers: the admin page's CSV, or None; one of the two is needed.
    plan_path: needed with `answers`, checked with a database.
    output: the folder, made if it is missing.

  Raises:
    InputError: for wrong input.
  """
  study, rows = _read(database_path, answers, plan_path)
  if not rows:
    raise InputError('There are no answers yet, so there is nothing to report.')
  result = analyze(study, rows)
  text = markdown.render(result)
  try:
    atomic_file.write_text(
      output / 'report.json',
      json.dumps(result, indent=2, ensure_ascii=False) + '\n',
    )
    plots.write(result, output)
    atomic_file.write_text(output / 'report.md', text)
  except OSError as error:
    raise InputError(
      f'{output}: cannot be written ({error.strerror or error}). Choose an'
      ' --output on a disk with space, in a folder where you may write.'
    ) from error
  print(f'Open {output / "report.md"}')


def analyze(
  study: plan.Plan, rows: Sequence[answer_table.Row]
) -> dict[str, object]:
  """All numbers of a report, ready for JSON.

  Args:
    study: the plan.
    rows: all answers.
  """
  limits = {mode.name: mode.time_limit_seconds for mode in study.modes}
  kept = exclusions.apply(rows, study.rules, limits)
  sets = study.set_names()
  return {
    'plan_sha256': study.sha256,
    'title': study.texts.title,
    'sets': sets,
    'num_planned': len(study.participants),
    'num_participants': len({row.participant for row in rows}),
    'num_complete': _num_complete(study, rows),
    'rules': study.rules._asdict(),
    'participants_out': {
      str(number): reasons for number, reasons in kept.participants_out.items()
    },
    'answers_out': kept.answers_out,
    'catch': {
      str(number): {'failed': failed, 'answered': answered}
      for number, (failed, answered) in kept.catch.items()
    },
    'modes': {
      mode.name: _analyze_mode(kept.rows, mode, sets) for mode in study.modes
    },
  }


def _analyze_mode(rows, mode: plan.Mode, sets) -> dict[str, object]:
  rows = [row for row in rows if row.mode == mode.name]
  main = [row for row in rows if row.kind == plan.MAIN]
  chosen = [row for row in main if row.chosen]
  matrix = preferences.matrix(chosen, sets)
  scores = bradley_terry.fit(chosen, sets)
  left = preferences.rate(
    sum(row.choice == 'left' for row in chosen), len(chosen)
  )
  return {
    'time_limit_seconds': mode.time_limit_seconds,
    'preferences': {
      a: {b: dataclasses.asdict(rate) for b, rate in row.items()}
      for a, row in matrix.items()
    },
    'scores': _scores_json(scores),
    'left': dataclasses.asdict(left),
    'repeats': dataclasses.asdict(consistency.repeats(rows)),
    'response_times': response_times.summarize(main)._asdict(),
    'times_ms': [round(row.response_ms, 1) for row in chosen],
  }


def _scores_json(scores: bradley_terry.Scores) -> dict[str, object]:
  return {
    'groups': scores.groups,
    'scores': {name: e._asdict() for name, e in scores.scores.items()},
    'differences': [
      {'of': a, 'over': b, **estimate._asdict()}
      for (a, b), estimate in scores.differences.items()
    ],
    'side': scores.side and scores.side._asdict(),
    'equality_p': scores.equality_p,
    'regularized': scores.regularized,
    'num_answers': scores.num_answers,
    'notes': scores.notes,
  }


def _num_complete(study, rows) -> int:
  counts = Counter(row.participant for row in rows)
  return sum(
    counts[number] == len(questions)
    for number, questions in enumerate(study.participants, start=1)
  )


def _read(database_path, answers, plan_path):
  if (database_path is None) == (answers is None):
    raise InputError(
      'Give either --database study.db, or --answers answers.csv with --plan'
      ' study.json.'
    )
  study = None if plan_path is None else plan.read(plan_path)
  if answers is not None:
    if study is None:
      raise InputError(
        '--answers needs the plan as well: give --plan study.json.'
      )
    return study, answer_table.read_csv(answers, study)
  store = database.Database(database_path)
  try:
    rows = list(
      answer_table.rows(store.plan, store.answers(), store.participants())
    )
  finally:
    store.close()
  if study is not None and study.sha256 != store.plan.sha256:
    raise InputError(
      f'{database_path}: holds answers to another plan than {plan_path}. Leave'
      " --plan out to use the database's own."
    )
  return store.plan, rows
