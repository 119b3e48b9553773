"""Table 1 over methods and seeds, with the order as it came out."""

import pytest

from instgan_jax.evaluation import paper_table


def result(micv, fid, miou):
  return {
    'metrics': {
      'micv_car': {'mean': micv, 'real': 0.06},
      'fid': {'mean': fid, 'real': 9.0},
      'miou': {'mean': miou, 'real': 0.7},
      'accuracy_all': {'mean': 0.9, 'real': 0.9},  # Not in the paper.
    }
  }


RESULTS = {
  'L': [result(0.03, 23, 0.45), result(0.05, 25, 0.47)],
  'L+I': [result(0.05, 16, 0.44), result(0.05, 16, 0.46)],
  'L+I+P': [result(0.06, 17, 0.50), result(0.06, 19, 0.50)],
}


def test_means_and_deviations_over_seeds():
  table = paper_table.summary(RESULTS)
  assert list(table) == ['L', 'L+I', 'L+I+P', 'real images']
  assert list(table['L']) == ['micv_car', 'fid', 'miou']
  assert table['L']['fid']['mean'] == 24.0
  # ddof 1: sqrt(((-1)^2 + 1^2) / 1).
  assert table['L']['fid']['deviation'] == pytest.approx(2**0.5)
  assert table['real images']['miou'] == {'mean': 0.7}


def test_the_order_is_reported_as_it_came_out():
  text = paper_table.markdown(paper_table.summary(RESULTS))
  assert text.splitlines() == [
    '| | MICV car | FID | mIoU |',
    '|---|---|---|---|',
    '| L | 0.040 ± 0.014 | 24.000 ± 1.414 | 0.460 ± 0.014 |',
    '| L+I | 0.050 ± 0.000 | 16.000 ± 0.000 | 0.450 ± 0.014 |',
    '| L+I+P | 0.060 ± 0.000 | 18.000 ± 1.414 | 0.500 ± 0.000 |',
    '| real images | 0.060 | 9.000 | 0.700 |',
    '',
    '- MICV car: in the paper L < L+I < L+I+P; also here: L < L+I < L+I+P.',
    '- FID: in the paper L is the largest; also here: L+I < L+I+P < L.',
    '- mIoU: in the paper L < L+I < L+I+P; not here: L+I < L < L+I+P.',
  ]


def test_one_seed_has_no_deviation():
  one = {method: runs[:1] for method, runs in RESULTS.items()}
  text = paper_table.markdown(paper_table.summary(one))
  assert '| L | 0.030 | 23.000 | 0.450 |' in text
  assert text.endswith('- One seed only: another one may give another order.')


def test_equal_values_are_no_order():
  runs = {method: [result(0.05, 16, 0.5)] * 2 for method in RESULTS}
  text = paper_table.markdown(paper_table.summary(runs))
  assert text.count('not here: L = L+I = L+I+P.') == 3


def test_a_metric_without_a_value_is_left_blank():
  runs = {method: [result(None, 1, 1)] for method in RESULTS}
  text = paper_table.markdown(paper_table.summary(runs))
  assert '| L |  | 1.000 | 1.000 |' in text
  assert '- MICV car' not in text
