"""Long jobs that are stopped at random moments and started again.

However often that happens, the same command ends in the same bytes.
"""

import hashlib
import pathlib
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

from instgan_jax.checkpoints import tree, weights_folder
from tests import programs, tiny

# At most so many in one folder, so that each job comes to an end.
_KILLS_IN_A_ROW = 4
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)


class Job(NamedTuple):
  """A command that takes a while.

  Attributes:
    command: its module.
    words: of the command line; {m} is the folder of `material`, {o} the output.
    digest: SHA-256 of what it made.
  """

  command: str
  words: str
  digest: Callable[[pathlib.Path], str]


class Tally(NamedTuple):
  """What came of the kills of a job.

  Attributes:
    num_kills: signals that met a running program.
    num_ends: times that the job came to an end with the same bytes.
    problems: what must not be, a line each.
  """

  num_kills: int
  num_ends: int
  problems: tuple[str, ...]


def _files(folder: pathlib.Path, pattern: str) -> str:
  digest = hashlib.sha256()
  for path in sorted(folder.rglob(pattern)):
    digest.update(str(path.relative_to(folder)).encode() + path.read_bytes())
  return digest.hexdigest()


def _weights(folder: pathlib.Path) -> str:
  return tree.sha256(weights_folder.restore(folder))


def _run(folder: pathlib.Path) -> str:
  last = max(folder.glob('samples/*.png')).read_bytes()
  return _weights(folder) + hashlib.sha256(last).hexdigest()


_TINY = ' '.join(f"'{flag}'" for flag in tiny.flags())
JOBS = {
  'main': Job(
    'instgan_jax.main',
    f'--config configs/toy_street.py --workdir {{o}} {_TINY}',
    _run,
  ),
  'generate': Job(
    'instgan_jax.generate',
    '--workdir {m}/run --label_dir {m}/city/gtFine/val --instance_dir '
    '{m}/city/gtFine/val --output_dir {o} --num_draws 20 --grid',
    lambda folder: _files(folder, '*.png'),
  ),
  'export': Job(
    'instgan_jax.export', '--workdir {m}/run --output {o}', _weights
  ),
  'toy_street': Job(
    'data_pipeline.toy_street',
    '--output {o} --num_train 40 --num_val 10 --height 64',
    lambda folder: _files(folder, '*.png'),
  ),
}


def kill(
  job: Job,
  material: pathlib.Path,
  folder: pathlib.Path,
  num_kills: int,
  start: Callable[[Job, pathlib.Path, pathlib.Path], subprocess.Popen],
  dice: random.Random,
) -> Tally:
  """Stops a job so many times, and compares each of its ends.

  Args:
    job: one of `JOBS`.
    material: of `tests.faults.material`.
    folder: for the outputs.
    num_kills: signals to send.
    start: starts a job, given the material and its output.
    dice: when, and which signal.
  """
  begun = time.monotonic()
  sound = folder / 'sound'
  status, _, err = programs.finish(start(job, material, sound))
  seconds = time.monotonic() - begun
  if status:
    return Tally(0, 0, (f'not stopped: status {status}: {err[-400:]}',))
  expected, problems = job.digest(sound), []
  killed = folders = ends = 0
  while killed < num_kills:
    output = folder / f'killed_{folders}'
    in_a_row = 0
    while True:
      process = start(job, material, output)
      is_last = in_a_row == _KILLS_IN_A_ROW or killed == num_kills
      if not is_last:
        number = dice.choice(_SIGNALS)
        try:
          process.wait(dice.uniform(0.0, 1.1 * seconds))
        except subprocess.TimeoutExpired:
          process.send_signal(number)
          killed, in_a_row = killed + 1, in_a_row + 1
          problems += _problems_of_a_stop(process, number)
          continue
      status, _, err = programs.finish(process)
      exists = 'exists already' in err  # An export that was complete.
      if (status and not exists) or 'Traceback' in err:
        problems.append(
          f'after {in_a_row} kills: status {status}: {err[-400:]}'
        )
      elif job.digest(output) != expected:
        problems.append(f'after {in_a_row} kills: other bytes')
      else:
        ends += 1
      break
    shutil.rmtree(output, ignore_errors=True)
    folders += 1
  return Tally(killed, ends, tuple(problems))


def _problems_of_a_stop(
  process: subprocess.Popen, number: signal.Signals
) -> Iterator[str]:
  """What is wrong with the end of a program that got a signal."""
  status, _, err = programs.finish(process)
  if number != signal.SIGKILL and status not in (
    0,  # It was done.
    128 + number,
    -number,  # Before Python or the command was there.
  ):
    yield f'{number.name}: status {status}: {err[-400:]}'
  elif 'Traceback' in err and status != -number:
    yield f'{number.name}: traceback: {err[-400:]}'
