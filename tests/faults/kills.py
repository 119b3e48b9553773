"""Long jobs that are stopped at random moments and started again.

However often that happens, the same command ends in the same bytes.
"""

import contextlib
import pathlib
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from typing import NamedTuple

from data_pipeline.errors import InputError
from tests import programs
from tests.faults import jobs

# At most so many in one folder, so that each job comes to an end.
_KILLS_IN_A_ROW = 4
_SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
# When to send one: at any time, or while a file is being written, of the output
# or of the cache of compiled programs.
_MOMENTS = ('any', 'any', 'output', 'cache')

_EXISTS = 'exists already'  # Says an export that was complete.


class Tally(NamedTuple):
  """What came of the kills of a job.

  Attributes:
    num_kills: signals that met a running program.
    num_writing: those of them that met it while it wrote a file.
    num_ends: times that the job came to an end with the same bytes.
    problems: what must not be, a line each.
  """

  num_kills: int
  num_writing: int
  num_ends: int
  problems: tuple[str, ...]


def kill(
  job: jobs.Job,
  material: pathlib.Path,
  folder: pathlib.Path,
  num_kills: int,
  dice: random.Random,
) -> Tally:
  """Stops a job so many times, and compares each of its ends.

  Args:
    job: one of `jobs.JOBS`.
    material: of `tests.faults.material`.
    folder: for the outputs; `sound` there is that of a job left alone, `cache`
      has its compiled programs.
    num_kills: signals to send.
    dice: when, and which signal.
  """
  sound = folder / 'sound'
  for _ in 'ab':  # The first one compiles.
    shutil.rmtree(sound, ignore_errors=True)
    begun = time.monotonic()
    status, _, err = programs.finish(
      jobs.start(job, material, sound, folder / 'cache')
    )
    seconds = time.monotonic() - begun
    if status:
      return Tally(0, 0, 0, (f'not stopped: status {status}: {err[-400:]}',))
  killing = _Killing(
    job, material, folder / 'cache', job.digest(sound), seconds, dice
  )
  killed = writing = ends = 0
  problems = []
  while killed < num_kills:
    tally = killing.run(folder / 'killed' / 'out', num_kills - killed)
    killed, writing = killed + tally.num_kills, writing + tally.num_writing
    ends += tally.num_ends
    problems += tally.problems
    shutil.rmtree(folder / 'killed')
  return Tally(killed, writing, ends, tuple(problems))


class _Killing(NamedTuple):
  """A job to be stopped; `seconds` is the time that it takes."""

  job: jobs.Job
  material: pathlib.Path
  cache: pathlib.Path
  expected: str
  seconds: float
  dice: random.Random

  def run(self, output: pathlib.Path, num_kills: int) -> Tally:
    """Stops the job a few times in one folder, until it has come to its end."""
    output.parent.mkdir()
    killed = writing = 0
    problems: list[str] = []
    while True:
      moment = self.dice.choice(_MOMENTS)
      if moment == 'cache':
        self._forget_a_program()
      begun = time.time()
      process = jobs.start(self.job, self.material, output, self.cache)
      if killed == min(num_kills, _KILLS_IN_A_ROW):
        break
      self._wait(process, moment, output.parent, begun)
      is_writing = any(
        _is_writing(folder, begun) for folder in (output.parent, self.cache)
      )
      if process.poll() is not None:
        break
      number = self.dice.choice(_SIGNALS)
      process.send_signal(number)
      killed, writing = killed + 1, writing + is_writing
      problems += _problems_of_a_stop(process, number)
    wrong = self._problem_of_the_end(process, output)
    if wrong:
      problems.append(f'after {killed} kills: {wrong}')
    return Tally(killed, writing, not wrong, tuple(problems))

  def _forget_a_program(self) -> None:
    """Removes a compiled program, so that it is written again."""
    if entries := sorted(self.cache.rglob('*-cache')):
      entry = self.dice.choice(entries)
      entry.unlink()
      _time_of(entry).unlink(missing_ok=True)

  def _wait(
    self,
    process: subprocess.Popen,
    moment: str,
    folder: pathlib.Path,
    begun: float,
  ) -> None:
    """Returns at one of `_MOMENTS`, or when the program has ended."""
    if moment != 'cache':
      with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(self.dice.uniform(0.0, 1.1 * self.seconds))
    if moment == 'any':
      return
    where = self.cache if moment == 'cache' else folder
    while process.poll() is None and not _is_writing(where, begun):
      time.sleep(0.001)

  def _problem_of_the_end(
    self, process: subprocess.Popen, output: pathlib.Path
  ) -> str:
    """What is wrong with a job that was not stopped any more, or ''."""
    status, _, err = programs.finish(process)
    exists = _EXISTS in err
    is_damaged = 'compilation cache' in err  # So JAX warns of an entry.
    if (status and not exists) or 'Traceback' in err or is_damaged:
      return f'status {status}: {err[-400:]}'
    try:
      return '' if self.job.digest(output) == self.expected else 'other bytes'
    except (InputError, OSError, ValueError) as error:
      return str(error)


def _is_writing(folder: pathlib.Path, begun: float) -> bool:
  """Whether there is a file that has been begun since then, incomplete yet."""
  with contextlib.suppress(OSError):  # It is complete meanwhile.
    for path in folder.rglob('*'):
      is_program = path.name.endswith('-cache') and not _time_of(path).exists()
      is_partial = '.partial' in path.name or '-tmp' in path.name
      if (is_program or is_partial) and path.stat().st_mtime > begun:
        return True
  return False


def _time_of(program: pathlib.Path) -> pathlib.Path:
  """The file that JAX writes after a compiled program."""
  return program.with_name(program.name.removesuffix('cache') + 'atime')


def _problems_of_a_stop(
  process: subprocess.Popen, number: signal.Signals
) -> Iterator[str]:
  """What is wrong with the end of a program that got a signal."""
  status, _, err = programs.finish(process)
  is_done = status == 0 or _EXISTS in err
  # -number: before Python or the command was there.
  is_stopped = status in (128 + number, -number)
  if number != signal.SIGKILL and not is_done and not is_stopped:
    yield f'{number.name}: status {status}: {err[-400:]}'
  elif 'Traceback' in err and status != -number:
    yield f'{number.name}: traceback: {err[-400:]}'
