"""What training runs are in a folder: `instgan_jax.runs`."""

import json
import os
import pathlib

from data_pipeline.errors import InputError
from instgan_jax.build import methods
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.train import metrics

# Shown where a run has them; losses say little beside those of another run.
_SHOWN = ('fid', 'kid', 'fsd', 'miou', 'micv_car', 'micv_person')
_TITLES = ('run', 'method', 'size', 'step', 'checkpoints', 'metrics', 'disk')


def table(folder: str | os.PathLike) -> str:
  """A line for each training workdir in a folder or below it, Markdown.

  Args:
    folder: is searched recursively; a workdir itself is a list of one.

  Raises:
    InputError: if there is none, or a configuration cannot be read.
  """
  root = pathlib.Path(folder)
  workdirs = sorted(
    path.parent
    for path in root.glob(f'**/{run_config.FILE}')
    if (path.parent / metrics.FILE).exists()
  )
  rows = [row for path in workdirs if (row := _row(path, root))]
  if not rows:
    raise InputError(
      f'{folder} has no workdir of instgan_jax.main in it or below: name the '
      'folder of your runs.'
    )
  rows = [_TITLES, *rows]
  widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
  lines = [
    f'| {" | ".join(f"{x:{n}}" for x, n in zip(row, widths, strict=True))} |'
    for row in rows
  ]
  rule = '|' + '|'.join('-' * (width + 2) for width in widths) + '|'
  return '\n'.join([lines[0], rule, *lines[1:]])


def _row(workdir: pathlib.Path, root: pathlib.Path) -> tuple[str, ...] | None:
  """The cells of a run of the GAN; None for a segmenter's workdir."""
  if 'use_instances' not in (workdir / run_config.FILE).read_text():
    return None
  config = run_config.load(workdir)
  last = _last_values(workdir / metrics.FILE)
  shown = [f'{name} {last[name]:.3g}' for name in _SHOWN if name in last]
  megabytes = sum(
    path.stat().st_size for path in workdir.rglob('*') if path.is_file()
  )
  name = workdir.name if workdir == root else str(workdir.relative_to(root))
  length = config.num_steps or f'{config.num_epochs} epochs'
  return (
    name,
    methods.name(config),
    f'{config.data.height}x{config.data.width}',
    f'{last.get("step", 0):.0f} of {length}',
    ' '.join(map(str, manager.saved_steps(workdir))) or '-',
    ', '.join(shown) or '-',
    f'{megabytes / 1e6:.0f} MB',
  )


def _last_values(path: pathlib.Path) -> dict[str, float]:
  """The last value of each metric of a run."""
  values: dict[str, float] = {}
  for line in path.read_text().splitlines():
    try:
      values |= json.loads(line)
    except ValueError:
      break  # The run is writing this line, or was killed while it did.
  return values
