"""The best checkpoint of a run, by a measure of it, in `WORKDIR/best`.

The folder is a workdir by itself: `evaluate`, `generate` and
`--config.init_from` take it.
"""

import json
import math
import os
import pathlib
import shutil

import jax

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.runtime import devices

FOLDER = 'best'
FILE = 'best.json'
# Whether more of the figure is better.
FIGURES = {'fid': False, 'kid': False, 'fsd': False, 'miou': True}


class Best:
  """Keeps the state with the best value of one figure so far.

  Attributes:
    value: the best one; None before the first.
  """

  def __init__(self, workdir: pathlib.Path, figure: str):
    """Continues what is in `workdir`.

    Raises:
      InputError: if `figure` is none of `FIGURES`, or another was kept there.
    """
    if figure not in FIGURES:
      raise InputError(
        f'eval.best is {figure!r}, expected one of {", ".join(FIGURES)}.'
      )
    self._figure = figure
    self._workdir = workdir
    self._folder = workdir / FOLDER
    self.value = self._kept()

  def offer(self, step: int, figures: dict[str, float], state) -> None:
    """Keeps `state` if its figure is better than every one before.

    All processes must call it; the first one's figures count.
    """
    value = figures.get(self._figure, math.nan)
    if not devices.agreed(self._is_better(value)):
      return
    self._folder.mkdir(exist_ok=True)
    with manager.Checkpoints(self._folder, keep_last=1) as checkpoints:
      checkpoints.save(step, devices.to_global(state))
      checkpoints.wait()
    self.value = value
    if jax.process_index() == 0:
      config = run_config.CONFIG_FILE
      shutil.copyfile(self._workdir / config, self._folder / config)
      path = self._folder / FILE
      partial = path.with_suffix('.partial')
      about = {'figure': self._figure, 'value': value, 'step': step}
      partial.write_text(json.dumps(about) + '\n')
      os.replace(partial, path)

  def _is_better(self, value: float) -> bool:
    if not math.isfinite(value):
      return False
    if self.value is None:
      return True
    more = FIGURES[self._figure]
    return value > self.value if more else value < self.value

  def _kept(self) -> float | None:
    path = self._folder / FILE
    if not path.exists():
      return None
    about = json.loads(path.read_text())
    if about['figure'] != self._figure:
      raise InputError(
        f'{path} holds the best {about["figure"]}, but eval.best is '
        f'{self._figure!r}: move {self._folder} away, or keep that figure.'
      )
    return about['value']
