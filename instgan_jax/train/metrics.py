"""Training curves: `metrics.jsonl` always, TensorBoard where clu is there."""

import json
import os
import pathlib

import jax
import numpy as np

from data_pipeline import atomic_file
from instgan_jax.runtime import exits

FILE = 'metrics.jsonl'


class NonFiniteError(exits.Failure):
  """A loss or gradient became NaN or infinite: no step after it is worth it."""


class MetricsWriter:
  """Writes scalars by step; silent on all processes but the first.

  `metrics.jsonl` holds a JSON object a line: `step` and the values. A run
  that continues from step s first drops the lines after s, so that every step
  is there once, whatever ended the run before.
  """

  def __init__(self, workdir: str | os.PathLike, *, start_step: int = 0):
    """Opens the files in `workdir`, continuing after `start_step`."""
    self._file, self._board = None, None
    if jax.process_index():
      return
    path = pathlib.Path(workdir) / FILE
    _drop_lines_after(path, start_step)
    self._file = path.open('a')
    self._board = _tensorboard(workdir)

  def write(self, step: int, scalars: dict[str, float]) -> None:
    """Appends the values of one step."""
    if self._file is None:
      return
    values = {key: float(value) for key, value in scalars.items()}
    self._file.write(json.dumps({'step': step, **values}) + '\n')
    self._file.flush()
    if self._board is not None:
      self._board.write_scalars(step, values)

  def write_image(self, step: int, name: str, image: np.ndarray) -> None:
    """Shows a uint8 [H, W, 3] image in TensorBoard."""
    if self._board is not None:
      self._board.write_images(step, {name: image[None]})

  def close(self) -> None:
    """Flushes and closes."""
    if self._file is not None:
      self._file.close()
    if self._board is not None:
      self._board.close()


class StepMetrics:
  """The metrics of the steps since the last report, still on the device.

  Fetching every step would make the host wait for the device; a report
  fetches them together.
  """

  def __init__(self):
    self._steps = []

  def add(self, step: int, metrics: dict[str, jax.Array]) -> None:
    """Remembers one step's device scalars."""
    self._steps.append((step, metrics))

  def report(self, advice: str) -> dict[str, float]:
    """Means over the steps since the last report, which starts anew.

    Args:
      advice: appended to the error, where the last good checkpoint is.

    Raises:
      NonFiniteError: naming the first step with a value that is not finite.
    """
    steps = [step for step, _ in self._steps]
    values = jax.device_get([metrics for _, metrics in self._steps])
    self._steps = []
    for step, metrics in zip(steps, values, strict=True):
      broken = [key for key, x in metrics.items() if not np.isfinite(x)]
      if broken:
        raise NonFiniteError(
          f'{", ".join(broken)} became NaN or infinite at step {step}. {advice}'
        )
    if not values:
      return {}
    return {
      key: float(np.mean([metrics[key] for metrics in values], dtype=float))
      for key in values[0]
    }


def _tensorboard(workdir: str | os.PathLike):
  try:
    from clu import metric_writers
  except ImportError as error:
    print(f'No TensorBoard curves: {error}. See metrics.jsonl.')
    return None
  return metric_writers.AsyncMultiWriter(
    [metric_writers.SummaryWriter(os.fspath(workdir))]
  )


def _drop_lines_after(path: pathlib.Path, step: int) -> None:
  if not path.exists():
    return
  kept = []
  for line in path.read_text().splitlines():
    try:
      if json.loads(line)['step'] <= step:
        kept.append(line + '\n')
    except (ValueError, KeyError):
      break  # The run was killed while it wrote this line.
  atomic_file.write_text(path, ''.join(kept))
