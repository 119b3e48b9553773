"""Statistics against known raters, the paper's table, and other programs."""

import itertools
import json
import re

import choix
import numpy as np
import pytest

from benchmarks import study_coverage, study_raters
from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.analysis import (
  bradley_terry,
  consistency,
  exclusions,
  preferences,
  report,
)
from instgan_jax.apps.human_study.answers import answer_table
from instgan_jax.apps.human_study.design import plan
from tests.apps.human_study import studies

SETS = ('L', 'L+I', 'L+I+P')
# The paper's Table 2: how often the row was chosen over the column.
_PAIRS = (('L', 'L+I'), ('L', 'L+I+P'), ('L+I', 'L+I+P'))
TABLE_2 = {
  'limited_5s': dict(zip(_PAIRS, (0.44, 0.31, 0.40), strict=True)),
  'unlimited': dict(zip(_PAIRS, (0.40, 0.34, 0.43), strict=True)),
}


def row(left, right, choice, *, participant=1, scene='s', **changes):
  """An answer to a main question without a limit."""
  fields = {
    'participant': participant,
    'question': 1,
    'mode': 'unlimited',
    'kind': plan.MAIN,
    'scene': scene,
    'left': left,
    'right': right,
    'choice': choice,
    'chosen': {'left': left, 'right': right, 'none': ''}[choice],
    'response_ms': 900.0,
    'received': '',
    'server_ms': None,
    'is_plausible': None,
    'showings': 1,
    'hidden': 0,
    'layout': 'row',
    'scale': 1.0,
    'pixel_ratio': 1.0,
    'viewport': '1280x720',
    'language': 'en',
    'user_agent': '',
    'plan_sha256': '',
  }
  return answer_table.Row(**{**fields, **changes})


def rows_of_table(rates, num=100):
  """`num` answers for each pair, over 4 participants and 20 scenes."""
  rows = []
  for (a, b), rate in rates.items():
    for i in range(num):
      left, right = (a, b) if i % 2 else (b, a)
      winner = a if i < round(rate * num) else b
      choice = 'left' if winner == left else 'right'
      rows.append(
        row(left, right, choice, participant=i % 4, scene=f's{i % 20}')
      )
  return rows


@pytest.mark.parametrize('mode', TABLE_2)
def test_the_papers_counts_give_its_table_back(mode):
  matrix = preferences.matrix(rows_of_table(TABLE_2[mode]), SETS)
  for (a, b), rate in TABLE_2[mode].items():
    assert matrix[a][b].rate == rate
    assert matrix[b][a].rate == pytest.approx(1 - rate)
    assert matrix[a][b].n == matrix[b][a].n == 100
    assert matrix[a][b].low < rate < matrix[a][b].high
    assert matrix[a][b].cluster_low < rate < matrix[a][b].cluster_high


def test_exact_interval():
  # Clopper-Pearson for 0 of 10: 1 - 0.025 ** (1 / 10) = 0.30850.
  rate = preferences.rate(0, 10)
  assert (rate.low, round(rate.high, 5)) == (0.0, 0.30850)
  assert preferences.rate(0, 0).rate is None


def test_scores_equal_those_of_choix():
  rows = rows_of_table(TABLE_2['limited_5s'])
  index = {name: i for i, name in enumerate(SETS)}
  data = [
    (index[r.chosen], index[r.right if r.choice == 'left' else r.left])
    for r in rows
  ]
  expected = choix.ilsr_pairwise(3, data)
  fitted = bradley_terry.fit(rows, SETS)
  values = [fitted.scores[name].value for name in SETS]
  # choix knows no side; it is nearly balanced here.
  np.testing.assert_allclose(values, expected - expected.mean(), atol=2e-3)


SIDES = ('right', 'left', 'left', 'left')


def test_the_side_is_told_apart_from_the_sets():
  # Without preference, left is chosen 3 times in 4: log odds log(3).
  rows = [
    row(
      *pair, 'left' if i % 4 else 'right', participant=i % 5, scene=f's{i % 7}'
    )
    for pair in itertools.permutations(SETS, 2)
    for i in range(280)
  ]
  fitted = bradley_terry.fit(rows, SETS)
  assert fitted.side.value == pytest.approx(np.log(3), abs=1e-6)
  assert fitted.side.low > 0.5
  for name in SETS:
    assert fitted.scores[name].value == pytest.approx(0, abs=1e-6)


def test_sets_that_were_never_compared_are_reported():
  rows = [
    row(*pair, side, participant=i, scene=f's{i}')
    for pair in (('a', 'b'), ('b', 'a'), ('c', 'd'), ('d', 'c'))
    for i, side in enumerate(['left', 'right', 'left'])
  ]
  fitted = bradley_terry.fit(rows, ('a', 'b', 'c', 'd'))
  assert fitted.groups == [['a', 'b'], ['c', 'd']]
  assert 'Never compared' in fitted.notes[0] and 'a, b; c, d' in fitted.notes[0]
  assert set(fitted.differences) == {('a', 'b'), ('c', 'd')}
  assert fitted.equality_p is None


def test_a_set_that_always_won_is_reported():
  rows = rows_of_table({('L', 'L+I'): 0.4})
  rows += rows_of_table({('real', 'L'): 1.0, ('real', 'L+I'): 1.0})
  fitted = bradley_terry.fit(rows, ('real', 'L', 'L+I'))
  assert fitted.groups == [['real'], ['L', 'L+I']]
  assert 'one side won every time' in fitted.notes[0]
  assert fitted.scores['real'].low is None
  assert fitted.differences['L', 'L+I'].value < 0
  assert fitted.regularized['real'] > fitted.regularized['L+I']


def test_odd_answers_do_not_break_the_report():
  for rows in (
    [],
    [row('L', 'L+I', 'left')],
    [row('L', 'L+I', 'left'), row('L+I', 'L', 'left')],
    [row('L', 'L+I', 'left', scene=f's{i}', participant=i) for i in range(9)],
  ):
    fitted = bradley_terry.fit(rows, SETS)
    assert set(fitted.scores) == set(SETS)
    preferences.matrix(rows, SETS)


def test_repeats_count_the_same_image_not_the_same_side():
  rows = [
    row('L', 'L+I', 'left'),
    row('L+I', 'L', 'right', kind=plan.REPEAT),  # L again.
    row('L', 'L+I', 'left', scene='t'),
    row('L+I', 'L', 'left', scene='t', kind=plan.REPEAT),  # L+I now.
    row('L', 'L+I', 'none', scene='u'),
    row('L+I', 'L', 'left', scene='u', kind=plan.REPEAT),  # No first answer.
  ]
  rate = consistency.repeats(rows)
  assert (rate.count, rate.n) == (1, 2)


def test_rules_of_the_plan_leave_out_whom_and_what_they_say():
  catch = {'left': plan.BROKEN, 'right': 'real', 'kind': plan.CATCH}
  limited = {'mode': 'limited_5s', 'participant': 3}
  rows = [
    # 1 fails one of two catch questions; more than 25 %.
    row(**catch, choice='left'),
    row(**catch, choice='right', scene='t'),
    # 2 answers one of three in time; less than 50 %.
    row('L', 'L+I', 'left', participant=2),
    *(row('L', 'L+I', 'none', participant=2, scene=s) for s in 'ab'),
    # 3 is kept, but for one answer too fast and one seen twice.
    row('L', 'L+I', 'left', **limited),
    row('L', 'L+I', 'left', scene='a', response_ms=199.9, **limited),
    row('L', 'L+I', 'left', scene='b', showings=2, **limited),
    row('L', 'L+I', 'left', participant=3, scene='c', showings=2),
    row('L', 'L+I', 'left', kind=plan.PRACTICE, scene='d', **limited),
  ]
  kept = exclusions.apply(
    rows, studies.RULES, {'limited_5s': 5.0, 'unlimited': None}
  )
  assert kept.participants_out == {
    1: ['failed 1 of 2 catch questions'],
    2: ['answered 1 of 3 questions in time'],
  }
  assert [(r.participant, r.scene) for r in kept.rows] == [(3, 's'), (3, 'c')]
  assert kept.answers_out == {'too_fast': 1, 'seen_twice': 1}


def coverage(kind, **sizes):
  """Of 25 studies; 500 are in benchmarks/study_coverage.py."""
  return study_coverage.summary(
    [study_coverage.simulate(kind, seed, **sizes) for seed in range(25)]
  )


def test_intervals_hold_the_truth_of_raters_who_differ():
  shares = coverage(
    'very_clustered', num_participants=8, num_questions=150, num_scenes=60
  )
  # An interval that holds the truth 19 times in 20 holds it in fewer than 22
  # of 25 studies once in 29 times; here, the mean over four to six of them.
  assert shares['differences'] > 0.88
  assert shares['cluster_rates'] > 0.88
  assert shares['scores'] > 0.88
  assert shares['side'] > 0.88
  # The clusters matter here: intervals without them are too narrow.
  assert shares['rates'] < 0.8


def test_chance_raters_show_no_difference():
  shares = coverage(
    'clustered_chance', num_participants=8, num_questions=60, num_scenes=40
  )
  # More than 4 of 25 at the 5 % level: 0.7 %.
  assert shares['difference_detected'] <= 0.16
  assert shares['differences'] > 0.88


@pytest.fixture(scope='module')
def answered(tmp_path_factory):
  """A plan and the CSV of its answers."""
  root = tmp_path_factory.mktemp('answered')
  made = studies.make_plan(
    root,
    num_scenes=30,
    num_participants=6,
    num_questions=30,
    num_catch=2,
    num_repeats=4,
    texts=studies.TEXTS._replace(title='<b>*Streets*</b>'),
  )
  scores = {'real': 1.0, 'L': -0.5, 'L+I': 0.0}
  answers = study_raters.answer(made, scores, seed=2, time_out=0.1)
  lines = answer_table.csv_lines(made, answers, {})
  (root / 'answers.csv').write_text(''.join(lines))
  return root


def test_a_report_says_the_same_in_all_its_files(answered, capsys):
  output = answered / 'report'
  report.run(
    database_path=None,
    answers=answered / 'answers.csv',
    plan_path=answered / 'plan.json',
    output=output,
  )
  assert capsys.readouterr().out == f'Open {output}/report.md\n'
  result = json.loads((output / 'report.json').read_text())
  text = (output / 'report.md').read_text()
  assert (result['num_participants'], result['num_complete']) == (6, 6)
  for name, mode in result['modes'].items():
    entry = mode['preferences']['real']['L']
    assert f'{entry["rate"]:.2f} ({entry["count"]}/{entry["n"]}' in text
    total = sum(
      mode['preferences'][a][b]['n']
      for a, b in itertools.combinations(result['sets'], 2)
    )
    timed_out = mode['response_times']['timed_out']
    assert total + timed_out == 6 * 30
    assert (timed_out > 0) == (name == 'limited_5s')
  images = set(re.findall(r'\]\((\S+\.png)\)', text))
  assert {p.name for p in output.iterdir()} == {
    *images,
    'report.md',
    'report.json',
  }
  assert len(images) == 6
  assert '<b>' not in text.replace('\\<b\\>', ''), 'A title became markup.'


@pytest.mark.parametrize(
  ('old', 'new', 'message'),
  [
    ('limited_5s', 'limited_9s', r'line \d+: does not fit the planned'),
    (',main,', ',catch,', r'line \d+: does not fit the planned'),
    ('participant,', 'person,', r"line 2: is no answer .*'participant'"),
    ('\n1,2,', '\n1,1,', r'line 3: .*(answers question 1 twice|not fit)'),
    ('\n1,2,', '\n99,2,', r'line 3: is no answer'),
    ('\n1,2,', '\n0,2,', r'line 3: is no answer'),
  ],
)
def test_a_csv_that_was_edited_is_refused(
  answered, tmp_path, old, new, message
):
  text = (answered / 'answers.csv').read_text()
  assert old in text
  (tmp_path / 'answers.csv').write_text(text.replace(old, new, 1))
  study = plan.read(answered / 'plan.json')
  with pytest.raises(InputError, match=message):
    answer_table.read_csv(tmp_path / 'answers.csv', study)


def test_answers_to_another_plan_are_refused(answered, tmp_path):
  other = studies.make_plan(tmp_path, seed=1)
  with pytest.raises(InputError, match=r'answers plan .* with --plan'):
    answer_table.read_csv(answered / 'answers.csv', other)
