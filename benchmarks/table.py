"""Renders benchmarks/results/*.jsonl as tables in benchmarks/README.md.

  python -m benchmarks.table

They stand between the marks that the file has for them.
"""

import argparse
import json
import pathlib
from collections.abc import Iterable, Sequence

from data_pipeline import atomic_file
from instgan_jax.cli import program

FOLDER = pathlib.Path(__file__).parent
BEGIN, END = '<!-- results: python -m benchmarks.table -->', '<!-- end -->'


def main() -> None:
  """Parses the flags and writes the tables."""
  argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  ).parse_args()
  readme = FOLDER / 'README.md'
  files = sorted((FOLDER / 'results').glob('*.jsonl'))
  atomic_file.write_text(readme, with_tables(readme.read_text(), files))


def with_tables(text: str, files: Iterable[pathlib.Path]) -> str:
  """The text with a table for each file in the place of the old ones."""
  before, _, rest = text.partition(BEGIN)
  _, _, after = rest.partition(END)
  tables = [
    table([json.loads(line) for line in file.read_text().splitlines()])
    for file in files
  ]
  return '\n\n'.join([before + BEGIN, *tables, END + after])


def table(rows: Sequence[dict]) -> str:
  """A heading, how it was measured, and a row for each case."""
  first = rows[0]
  names = list(dict.fromkeys(key for row in rows for key in row['figures']))
  header = ['', 'ms', 'p10 to p90', *(name.replace('_', ' ') for name in names)]
  lines = [header, ['---'] + ['---:'] * (len(header) - 1)]
  for row in rows:
    figures = [row['figures'].get(name) for name in names]
    spread = f'{_text(row["ms_p10"])} to {_text(row["ms_p90"])}'
    lines.append(
      [row['case'], _text(row['ms_median']), spread, *map(_text, figures)]
    )
  body = '\n'.join(f'| {" | ".join(cells)} |' for cells in lines)
  heading = f'### {first["benchmark"]}: {first["setting"]}'
  return f'{heading}\n\n{_measured(rows)}\n\n{body}'


def _measured(rows: Sequence[dict]) -> str:
  first, loads = rows[0], [row['load_average'] for row in rows]
  versions = first['versions']
  commit, *dirty = versions['commit'].split('-')
  commit = '-'.join([commit[:7], *dirty])
  return (
    f'{first["num_devices"]} x {first["device"]}, {first["num_cores"]} cores, '
    f'jax {versions["jax"]}, median of {first["num_rounds"]}, load average '
    f'{min(loads):.1f} to {max(loads):.1f}, commit {commit}.'
  )


def _text(value: float | None) -> str:
  """Three digits, without an exponent."""
  if value is None:
    return ''
  return f'{float(f"{value:.3g}"):,.6g}'


if __name__ == '__main__':
  program.exit_after(main)
