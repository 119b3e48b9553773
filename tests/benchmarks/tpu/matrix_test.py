"""The table of what programs need on TPUs."""

from benchmarks.tpu import matrix

_RESULT = {
  'peak_bytes': 20e9,
  'flops': 11e12,
  'useful_flops': 10e12,
  'images_a_chip': 2,
  'roofline_seconds': 0.1,
  'lowering_seconds': 4.0,
  'compilation_seconds': 86.4,
}


def test_a_row_says_what_does_not_fit():
  case = matrix.Case('cityscapes_l', 2, ('--config.dtype=bfloat16',))
  assert matrix.table_row(case, _RESULT) == (
    '| train_step | cityscapes_l | dtype=bfloat16 | 1 x v5e | 2 | '
    '18.63 of 14.9: too much | 1.10 | 20.0 | 90 |'
  )
  case = case._replace(topology='v6e:2x4', num_chips=8)
  assert '8 x v6e | 2 | 18.63 of 29.8 |' in matrix.table_row(case, _RESULT)


def test_a_row_says_why_nothing_was_compiled():
  case = matrix.Case('toy_street', 1, program='export')
  row = matrix.table_row(case, {'error': 'Check failed: x'})
  assert row.startswith('| export | toy_street |  | 1 x v5e | 1 | Check failed')
  assert row.count('|') == matrix.table_row(case, _RESULT).count('|')
  full = matrix.table_row(case, {'error': 'RESOURCE_EXHAUSTED: Ran out of HBM'})
  assert '| 1 | too much | | | |' in full


def test_no_program_is_there_twice():
  words = [' '.join(case.words) for case in matrix.cases()]
  assert len(words) == len(set(words))
