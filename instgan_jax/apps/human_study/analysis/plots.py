"""Plots of a report: preferences, scores with intervals, response times."""

import pathlib
from collections.abc import Mapping

import numpy as np
from matplotlib import figure

from data_pipeline import atomic_file

_DPI = 150


def write(result: Mapping, folder: pathlib.Path) -> None:
  """Writes three PNG files for each mode that has answers.

  Args:
    result: as returned by `report.analyze`.
    folder: made if it is missing.
  """
  for name, mode in result['modes'].items():
    if not mode['scores']['num_answers']:
      continue
    for what, plot in (
      ('preferences', _preferences(result['sets'], mode, name)),
      ('scores', _scores(result['sets'], mode, name)),
      ('times', _times(mode, name)),
    ):
      with atomic_file.replacing(folder / f'{name}_{what}.png') as partial:
        plot.savefig(partial, format='png', dpi=_DPI)


def _preferences(sets, mode, name) -> figure.Figure:
  size = 1.6 + 1.1 * len(sets)
  plot = figure.Figure((size + 0.8, size), layout='constrained')
  axes = plot.add_subplot()
  values = np.full((len(sets), len(sets)), np.nan)
  for i, a in enumerate(sets):
    for j, b in enumerate(sets):
      entry = mode['preferences'][a][b] if a != b else {'rate': None}
      if entry['rate'] is None:
        continue
      values[i, j] = entry['rate']
      dark = abs(entry['rate'] - 0.5) > 0.3
      axes.text(
        *(j, i),
        f'{entry["rate"]:.2f}\n{entry["low"]:.2f}-{entry["high"]:.2f}\n'
        f'n = {entry["n"]}',
        ha='center',
        va='center',
        fontsize=8,
        color='white' if dark else 'black',
      )
  image = axes.imshow(values, cmap='RdBu', vmin=0, vmax=1)
  axes.set_xticks(range(len(sets)), _plain(sets))
  axes.set_yticks(range(len(sets)), _plain(sets))
  axes.set_title(f'{name}: row chosen over column')
  plot.colorbar(image, ax=axes, shrink=0.8)
  return plot


def _scores(sets, mode, name) -> figure.Figure:
  plot = figure.Figure((6, 1.2 + 0.5 * len(sets)), layout='constrained')
  axes = plot.add_subplot()
  for i, set_name in enumerate(sets):
    entry = mode['scores']['scores'][set_name]
    if [set_name] in mode['scores']['groups']:
      axes.text(0, i, 'no finite score', ha='center', va='center')
      continue
    axes.plot(entry['value'], i, 'o', color='C0')
    if entry['low'] is not None:
      axes.plot([entry['low'], entry['high']], [i, i], color='C0')
  axes.axvline(0, color='0.7', linewidth=0.8, zorder=0)
  axes.set_yticks(range(len(sets)), _plain(sets))
  axes.set_ylim(len(sets) - 0.5, -0.5)
  axes.set_xlabel('Bradley-Terry score (log odds), 95 % interval')
  axes.set_title(name)
  return plot


def _times(mode, name) -> figure.Figure:
  plot = figure.Figure((6, 3), layout='constrained')
  axes = plot.add_subplot()
  seconds = np.array(mode['times_ms']) / 1000
  limit = mode['time_limit_seconds']
  # A few very long times would squeeze all others into one bar.
  end = limit or float(np.percentile(seconds, 99))
  axes.hist(seconds.clip(max=end), bins=40, range=(0, end))
  axes.set_xlabel(
    'Response time (s)' + ('' if limit else ', longest 1 % at the end')
  )
  axes.set_ylabel('Answers')
  axes.set_title(f'{name}: {mode["response_times"]["timed_out"]} time-outs')
  return plot


def _plain(names):
  """Escapes dollar signs, between which matplotlib sets mathematics."""
  return [name.replace('$', r'\$') for name in names]
