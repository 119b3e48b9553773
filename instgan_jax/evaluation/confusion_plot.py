"""The confusion matrix of the scored classes as an image."""

import os

import numpy as np
from matplotlib import figure
from matplotlib.backends import backend_agg

from data_pipeline import atomic_file, labels

_DARK = 0.55  # Shares from here on get white numbers.
_LEAST_SHOWN = 0.005  # Smaller shares are left blank: they would print as 0.


def save_png(
  path: str | os.PathLike[str],
  matrix: np.ndarray,
  title: str,
  label_table: labels.LabelTable,
) -> None:
  """Plots which class was predicted for the pixels of each class.

  Args:
    path: the PNG to write.
    matrix: int [N, N], `confusion.Confusion.matrix`.
    title: above the image.
    label_table: whose scored classes are shown.
  """
  share_of = shares(matrix, label_table)
  columns = [label.name for label in label_table.evaluated] + ['ignored']
  rows = [
    name if np.isfinite(share[0]) else f'{name} (absent)'
    for name, share in zip(columns, share_of, strict=False)
  ]
  # Figure and canvas by themselves: pyplot would keep them for the process.
  plot = figure.Figure(figsize=(10, 8.6), layout='constrained')
  backend_agg.FigureCanvasAgg(plot)
  axes = plot.add_subplot()
  shown = axes.imshow(100 * share_of, cmap='Blues', vmin=0, vmax=100)
  axes.set_xticks(range(len(columns)), columns, rotation=60, ha='right')
  axes.set_yticks(range(len(rows)), rows)
  axes.set_xlabel('predicted')
  axes.set_ylabel('true label')
  axes.set_title(title)
  for (row, column), share in np.ndenumerate(share_of):
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
  plot.colorbar(shown, label="% of the true label's pixels", shrink=0.7)
  with atomic_file.replacing(path) as partial:
    plot.savefig(partial, format='png', dpi=120)


def shares(matrix: np.ndarray, label_table: labels.LabelTable) -> np.ndarray:
  """Shares of the pixels of each evaluated class.

  Args:
    matrix: int [N, N], `confusion.Confusion.matrix`.
    label_table: whose C scored classes count.

  Returns:
    float [C, C + 1]: rows of the true classes sum to 1, or are NaN where the
    class is absent; columns of the predicted ones, the ignored ones last.
  """
  ids = [label.id for label in label_table.evaluated]
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
