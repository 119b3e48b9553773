"""Variants take turns, and every result tells how it was measured."""

import json

import numpy as np
import pytest

from benchmarks import instances, matrix_product, measurement, metrics
from instgan_jax.models import instance_lookup


def test_variants_take_turns():
  calls = []
  timings = measurement.in_turns(
    {name: lambda name=name: calls.append(name) for name in 'AB'},
    num_rounds=2,
    num_warmups=2,
  )
  assert ''.join(calls) == 'AB' * 4
  assert [timing.num_rounds for timing in timings.values()] == [2, 2]


def test_median_and_deciles():
  wall = [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 20.0]
  timing = measurement.timing(9.0, [(x, 2 * x) for x in wall])
  assert timing == measurement.Timing(9.0, 5.0, 1.0, 9.0, 10.0, 11)
  one = measurement.timing(9.0, [(2.0, 1.0)])
  assert one == measurement.Timing(9.0, 2.0, 2.0, 2.0, 1.0, 1)


def test_the_file_is_complete_after_every_line(tmp_path, capsys):
  output = tmp_path / 'new' / 'lines.jsonl'
  lines = measurement.Lines('name', '64x128', str(output))
  timing = measurement.timing(9.0, [(0.2, 0.1)])
  for count in (1, 2):
    lines.add(f'case {count}', timing, images_per_second=12.34567)
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    assert [row['case'] for row in rows] == ['case 1', 'case 2'][:count]
  row = rows[-1]
  assert row['benchmark'], row['setting'] == ('name', '64x128')
  assert row['ms_median'] == 200 and row['cpu_ms'] == 100
  assert row['figures'] == {'images_per_second': 12.35}
  assert row['device'] == 'cpu' and 'jax' in row['versions']
  assert capsys.readouterr().out == output.read_text()


def test_the_operations_of_a_matrix_product():
  product, flops = matrix_product.variant('float32')
  assert 2 * product().size ** 1.5 == flops


def test_the_masked_sum_is_the_lookup():
  ids = instances.instance_map(2, 6, 10, count=5)
  assert ids.shape == (2, 6, 10) and set(np.unique(ids)) <= set(range(6))
  table = np.random.default_rng(0).standard_normal((2, 6, 3), np.float32)
  table[:, 0] = 0
  expected = instance_lookup.instance_lookup(table, ids)
  actual = instances.masked_sum(table, ids)
  np.testing.assert_allclose(actual, expected, atol=1e-6)


def test_both_distances_are_the_same():
  a, b = np.random.default_rng(0).standard_normal((2, 50, 4))
  ours = metrics.frechet_distance(a, b)
  assert metrics.distance_by_root(a, b) == pytest.approx(ours, rel=1e-6)
