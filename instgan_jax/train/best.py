"""The best checkpoint of a run, by one of its metrics, in `WORKDIR/best`.

The folder is a workdir by itself: `evaluate`, `generate` and
`--config.init_from` take it.
"""

import json
import math
import pathlib
import shutil

import jax

from data_pipeline import atomic_file
from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.runtime import devices
from instgan_jax.train import state as state_lib

FOLDER = 'best'
FILE = 'best.json'
# Whether more of the metric is better.
METRICS = {'fid': False, 'kid': False, 'fsd': False, 'miou': True}


class Best:
  """Keeps the state with the best value of one metric so far.

  Attributes:
    value: the best one; None before the first.
  """

  def __init__(self, workdir: pathlib.Path, metric: str):
    """Continues what is in `workdir`.

    Raises:
      InputError: if `metric` is none of `METRICS`, or another was kept there.
    """
    if metric not in METRICS:
      raise InputError(
        f'eval.best is {metric!r}, expected one of {", ".join(METRICS)}.'
      )
    self._metric = metric
    self._workdir = workdir
    self._folder = workdir / FOLDER
    self.value = self._kept()

  def offer(
    self, step: int, metrics: dict[str, float], state: state_lib.GanState
  ) -> None:
    """Keeps `state` if its metric is better than every one before.

    All processes must call it; the first one's metrics count.
    """
    value = metrics.get(self._metric, math.nan)
    if not devices.agreed(self._is_better(value)):
      return
    self._folder.mkdir(exist_ok=True)
    with manager.Checkpoints(self._folder, keep_last=1) as checkpoints:
      checkpoints.save(step, devices.to_global(state))
      checkpoints.wait()
    self.value = value
    if jax.process_index() == 0:
      shutil.copyfile(
        self._workdir / run_config.FILE, self._folder / run_config.FILE
      )
      atomic_file.write_json(
        self._folder / FILE,
        {'metric': self._metric, 'value': value, 'step': step},
      )

  def _is_better(self, value: float) -> bool:
    if not math.isfinite(value):
      return False
    if self.value is None:
      return True
    more = METRICS[self._metric]
    return value > self.value if more else value < self.value

  def _kept(self) -> float | None:
    path = self._folder / FILE
    if not path.exists():
      return None
    kept = json.loads(path.read_text())
    metric = kept.get('metric', kept.get('figure'))  # Its name before 0.2.
    if metric != self._metric:
      raise InputError(
        f'{path} holds the best {metric}, but eval.best is {self._metric!r}: '
        f'move {self._folder} away, or keep that metric.'
      )
    return kept['value']
