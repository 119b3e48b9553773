"""The paper's Table 1 from the results of several methods and seeds.

Its rows can be others than the paper's methods; the order of those that are
among them is compared with the paper's.
"""

import math
import statistics
from collections.abc import Mapping, Sequence

from instgan_jax.build import methods

# Columns in the paper's order. 'fsd' stands where there is no Inception.
_COLUMNS = {
  'micv_car': 'MICV car',
  'micv_person': 'MICV person',
  'fid': 'FID',
  'fsd': "Frechet distance of the segmenter's features",
  'miou': 'mIoU',
}
_DISTANCES = ('fid', 'fsd')
REAL = 'real images'

Results = Mapping[str, Sequence[dict]]


def summary(results: Results) -> dict[str, dict[str, dict]]:
  """Means over seeds.

  Args:
    results: what `evaluation.Evaluation.run` returns, by method, over seeds.

  Returns:
    {method: {metric: {'mean', 'deviation', 'per_seed'}}}, the deviation with
    ddof 1; the last method is `REAL`, with a mean alone.
  """
  metrics = [run['metrics'] for runs in results.values() for run in runs]
  columns = [name for name in _COLUMNS if all(name in run for run in metrics)]
  table = {
    method: {
      name: _over_seeds([run['metrics'][name]['mean'] for run in runs])
      for name in columns
    }
    for method, runs in results.items()
  }
  # The real images are the same in every run.
  table[REAL] = {name: {'mean': metrics[0][name]['real']} for name in columns}
  return table


def markdown(table: dict[str, dict[str, dict]]) -> str:
  """The table to read, and whether the paper's order was found."""
  columns = list(table[REAL])
  lines = [
    f'| | {" | ".join(_COLUMNS[name] for name in columns)} |',
    f'|---|{"---|" * len(columns)}',
  ]
  for method, row in table.items():
    cells = ' | '.join(_cell(row[name]) for name in columns)
    lines.append(f'| {method} | {cells} |')
  return '\n'.join([*lines, '', *_order(table)])


def _over_seeds(values: list[float | None]) -> dict:
  found = [math.nan if value is None else value for value in values]
  return {
    'mean': statistics.fmean(found),
    'deviation': statistics.stdev(found) if len(found) > 1 else 0.0,
    'per_seed': found,
  }


def _cell(value: dict) -> str:
  if value['mean'] is None or not math.isfinite(value['mean']):
    return ''
  text = f'{value["mean"]:.3f}'
  if len(value.get('per_seed', ())) > 1:
    text += f' ± {value["deviation"]:.3f}'
  return text


def _order(table: dict[str, dict[str, dict]]) -> list[str]:
  """A line for each metric: did the order of the paper's Table 1 come out?"""
  rows = [row for row in table if row != REAL]
  of_paper = [method for method in methods.METHODS if method in table]
  lines = []
  for name, title in _COLUMNS.items():
    if name not in table[REAL] or 'L' not in of_paper or len(of_paper) == 1:
      continue
    means = {method: table[method][name]['mean'] for method in of_paper}
    if not all(map(math.isfinite, means.values())):
      continue
    found = _ranking(means)
    if name in _DISTANCES:
      paper, holds = (
        'L is the largest',
        all(means['L'] > x for method, x in means.items() if method != 'L'),
      )
    else:
      paper = ' < '.join(of_paper)
      holds = found == paper
    verdict = 'also here' if holds else 'not here'
    lines.append(f'- {title}: in the paper {paper}; {verdict}: {found}.')
  if all(len(value['per_seed']) == 1 for value in table[rows[0]].values()):
    lines.append('- One seed only: another one may give another order.')
  return lines


def _ranking(means: dict[str, float]) -> str:
  """The methods from the least value on, as 'L < L+I = L+I+P'."""
  ordered = sorted(means, key=means.__getitem__)
  ranking = ordered[0]
  for before, method in zip(ordered, ordered[1:], strict=False):
    sign = '=' if means[before] == means[method] else '<'
    ranking += f' {sign} {method}'
  return ranking
