r"""Tries to break every command, and reports what came of it.

  python -m tests.faults --kills 100 --flips 50 --write

Bad inputs run in this process, long jobs in processes of their own, which are
stopped at random moments, on a disk that fills, and two at once in one place.
Bits are flipped in the files that are read back. --write puts the report into
docs/reliability.md. Exit status: 1 if something broke.
"""

import argparse
import collections
import os
import pathlib
import platform
import random
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator

import jax

import instgan_jax
from data_pipeline.errors import InputError
from tests import programs
from tests.faults import bad_inputs, disk, flips, kills, material

ROOT = pathlib.Path(__file__).parent.parent.parent
_DOCUMENT = ROOT / 'docs' / 'reliability.md'
_MARKS = ('<!-- report -->', '<!-- end of the report -->')


def main() -> int:
  """Runs the battery; the number of problems."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('--kills', type=int, default=100, help='of each job')
  parser.add_argument('--flips', type=int, default=50, help='of each kind')
  parser.add_argument('--write', action='store_true')
  arguments = parser.parse_args()
  jax.config.update('jax_platforms', 'cpu')
  jax.config.update('jax_num_cpu_devices', 4)  # As in the tests.
  os.chdir(ROOT)
  with tempfile.TemporaryDirectory() as folder:
    battery = _Battery(pathlib.Path(folder), arguments.kills, arguments.flips)
    report = '\n'.join(battery.report())
  print(report)
  if arguments.write:
    before, rest = _DOCUMENT.read_text().split(_MARKS[0])
    after = rest.split(_MARKS[1])[1]
    _DOCUMENT.write_text(f'{before}{_MARKS[0]}\n{report}\n{_MARKS[1]}{after}')
  for problem in battery.problems:
    print(problem, file=sys.stderr)
  return bool(battery.problems)


class _Battery:
  """One run of all tests.

  Attributes:
    problems: what must not be.
  """

  def __init__(self, folder: pathlib.Path, num_kills: int, num_flips: int):
    self._folder, self._dice = folder, random.Random(0)
    self._num_kills, self._num_flips = num_kills, num_flips
    self._material = folder / 'material'
    self._material.mkdir()
    self.problems: list[str] = []
    material.make(self._material)

  def report(self) -> Iterator[str]:
    """The report, as Markdown."""
    command = ' '.join(['python -m tests.faults', *sys.argv[1:]])
    yield (
      f'`{command}`, instgan_jax {instgan_jax.__version__}, JAX '
      f'{jax.__version__}, Python {platform.python_version()}, '
      f'{os.cpu_count()} CPUs.\n'
    )
    for part in (self._bad, self._stopped, self._flipped):
      yield from part()
      yield ''

  def _bad(self) -> Iterator[str]:
    counts: dict[str, collections.Counter] = collections.defaultdict(
      collections.Counter
    )
    for number, case in enumerate(bad_inputs.CASES):
      outcome = bad_inputs.outcome(
        case, self._material, self._folder / f'out_{number}'
      )
      counts[case.command][outcome.kind] += 1
      if outcome.kind != 'refused':
        self._problem(case, outcome)
    yield '| bad inputs of | refused | tracebacks | silent | hangs |'
    yield '|---|---|---|---|---|'
    counts['all'] = sum(counts.values(), collections.Counter())
    for command, kinds in counts.items():
      numbers = [
        kinds['refused'] + kinds['unclear'],
        *(kinds[kind] for kind in ('traceback', 'silent', 'hang')),
      ]
      yield f'| {command} | {" | ".join(map(str, numbers))} |'

  def _stopped(self) -> Iterator[str]:
    yield '| job | stops | ends with the same bytes | full disks | problems |'
    yield '|---|---|---|---|---|'
    for name, job in kills.JOBS.items():
      folder = self._folder / name
      (folder / 'kills').mkdir(parents=True)
      (folder / 'disk').mkdir()
      tally = kills.kill(
        job,
        self._material,
        folder / 'kills',
        self._num_kills,
        self._start,
        self._dice,
      )
      problems = list(tally.problems) + self._two_at_once(name, job)
      num_full: int | str = 'not tried: no right to mount'
      if os.geteuid() == 0:
        num_full, more = disk.fill(
          job, self._material, folder / 'disk', self._start
        )
        problems += more
      for problem in problems:
        self.problems.append(f'{name}: {problem}')
      yield (
        f'| {name} | {tally.num_kills} | {tally.num_ends} | {num_full} | '
        f'{len(problems)} |'
      )

  def _two_at_once(self, name: str, job: kills.Job) -> list[str]:
    """Two programs in one place: each is done, or one is refused."""
    output = self._folder / name / 'twice'
    ends = [
      programs.finish(process)
      for process in [self._start(job, self._material, output) for _ in 'ab']
    ]
    problems = [
      f'two at once: status {status}: {err[-400:]}'
      for status, _, err in ends
      if status not in (0, 2) or 'Traceback' in err
    ]
    expected = job.digest(self._folder / name / 'kills' / 'sound')
    try:
      if job.digest(output) != expected:
        problems.append('two at once: other bytes')
    except (InputError, OSError, ValueError) as error:
      problems.append(f'two at once: {error}')
    return problems

  def _flipped(self) -> Iterator[str]:
    yield '| a flipped bit in | same result | refused | tracebacks | silent |'
    yield '|---|---|---|---|---|'
    for name, kind in flips.KINDS.items():
      counts: collections.Counter = collections.Counter()
      for _ in range(self._num_flips):
        outcome = flips.outcome(kind, self._material, self._dice)
        counts[outcome.kind] += 1
        if outcome.kind not in ('same', 'refused'):
          self._problem(name, outcome)
      numbers = [
        str(counts[kind]) for kind in ('same', 'refused', 'traceback', 'silent')
      ]
      yield f'| {name} | {" | ".join(numbers)} |'

  def _problem(self, what, outcome: bad_inputs.Outcome) -> None:
    message = re.sub(r'\s+', ' ', outcome.message)[-600:]
    self.problems.append(f'{what}: {outcome.kind}: {message}')

  def _start(
    self, job: kills.Job, folder: pathlib.Path, output: pathlib.Path
  ) -> subprocess.Popen:
    words = shlex.split(job.words.format(m=folder, o=output))
    return subprocess.Popen(
      [sys.executable, '-m', job.command, *words],
      cwd=ROOT,
      env={
        **os.environ,
        'JAX_PLATFORMS': 'cpu',
        'JAX_DISABLE_MOST_OPTIMIZATIONS': '1',
        'JAX_COMPILATION_CACHE_DIR': str(self._folder / 'programs'),
        'JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS': '0',
      },
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      text=True,
    )


if __name__ == '__main__':
  sys.exit(main())
