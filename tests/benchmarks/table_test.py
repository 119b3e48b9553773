"""Results become tables between two marks of the README."""

import json
import pathlib

from benchmarks import table

ROOT = pathlib.Path(__file__).parent.parent.parent
ROW = {
  'benchmark': 'sampler',
  'setting': '64x128',
  'ms_median': 1234.5,
  'ms_p10': 1000.0,
  'ms_p90': 0.01234,
  'num_rounds': 5,
  'device': 'cpu',
  'num_devices': 1,
  'num_cores': 2,
  'load_average': 0.2,
  'versions': {'jax': '0.10.2', 'commit': '0123456789abcdef-dirty'},
}
TABLE = """### sampler: 64x128

1 x cpu, 2 cores, jax 0.10.2, median of 5, load average 0.2 to 0.2, commit \
0123456-dirty.

|  | ms | p10 to p90 | images per second | mfu |
| --- | ---: | ---: | ---: | ---: |
| L | 1,230 | 1,000 to 0.0123 | 2.5 |  |
| L+I | 1,230 | 1,000 to 0.0123 |  | 0.4 |"""


def rows():
  return [
    {**ROW, 'case': 'L', 'figures': {'images_per_second': 2.5}},
    {**ROW, 'case': 'L+I', 'figures': {'mfu': 0.4}},
  ]


def test_a_row_for_each_case_and_a_column_for_each_figure():
  assert table.table(rows()) == TABLE


def test_tables_replace_those_between_the_marks(tmp_path):
  file = tmp_path / 'a.jsonl'
  file.write_text('\n'.join(map(json.dumps, rows())) + '\n')
  text = f'before\n\n{table.BEGIN}\n\nold\n\n{table.END}\n\nafter\n'
  once = table.with_tables(text, [file])
  assert once == (
    f'before\n\n{table.BEGIN}\n\n{TABLE}\n\n{table.END}\n\nafter\n'
  )
  assert table.with_tables(once, [file]) == once


def test_the_readme_has_the_results_and_names_every_benchmark():
  folder = ROOT / 'benchmarks'
  text = (folder / 'README.md').read_text()
  files = sorted((folder / 'results').glob('*.jsonl'))
  assert table.with_tables(text, files) == text
  for path in folder.glob('*.py'):
    if '__main__' in path.read_text():
      assert f'benchmarks.{path.stem}' in text, path
