"""The confusion matrix of the 19 classes as a picture."""

import os
import pathlib

import numpy as np
from matplotlib import figure
from matplotlib.backends import backend_agg

from instgan_jax.evaluation import miou

_DARK = 0.55  # Shares from here on get white figures.
_LEAST_SHOWN = 0.005  # Smaller shares are left blank: they would print as 0.


def save_png(
  path: str | os.PathLike[str], matrix: np.ndarray, title: str
) -> None:
  """Draws which class the pixels of each class were called.

  Args:
    path: the PNG to write.
    matrix: int [34, 34], `confusion.Confusion.matrix`.
    title: above the picture.
  """
  shares = _shares(matrix)
  columns = [label.name for label in miou.EVALUATED] + ['ignored']
  rows = [
    name if np.isfinite(share[0]) else f'{name} (absent)'
    for name, share in zip(columns, shares, strict=False)
  ]
  # Figure and canvas by themselves: pyplot would keep them for the process.
  picture = figure.Figure(figsize=(10, 8.6), layout='constrained')
  backend_agg.FigureCanvasAgg(picture)
  axes = picture.add_subplot()
  drawn = axes.imshow(100 * shares, cmap='Blues', vmin=0, vmax=100)
  axes.set_xticks(range(len(columns)), columns, rotation=60, ha='right')
  axes.set_yticks(range(len(rows)), rows)
  axes.set_xlabel('called')
  axes.set_ylabel('true label')
  axes.set_title(title)
  for (row, column), share in np.ndenumerate(shares):
    if share >= _LEAST_SHOWN:
      axes.text(
        column,
        row,
        f'{100 * share:.0f}',
        ha='center',
        va='center',
        fontsize=8,
        color='white' if share >= _DARK else 'black',
      )
  picture.colorbar(drawn, label="% of the true label's pixels", shrink=0.7)
  path = pathlib.Path(path)
  path.parent.mkdir(parents=True, exist_ok=True)
  picture.savefig(path, format='png', dpi=120)


def _shares(matrix: np.ndarray) -> np.ndarray:
  """float [19, 20]: rows sum to 1, or are NaN; the last column is ignored."""
  ids = [label.id for label in miou.EVALUATED]
  rows = matrix[ids]
  evaluated = rows[:, ids]
  ignored = rows.sum(axis=1, keepdims=True) - evaluated.sum(
    axis=1, keepdims=True
  )
  counts = np.concatenate([evaluated, ignored], axis=1).astype(np.float64)
  totals = counts.sum(axis=1, keepdims=True)
  return np.divide(
    counts, totals, out=np.full_like(counts, np.nan), where=totals > 0
  )
