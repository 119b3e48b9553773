r"""Tries to break every command, and reports what came of it.

  python -m tests.faults --kills 20 --flips 50 --write

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
import sys
import tempfile
from collections.abc import Iterator

import jax

import instgan_jax
from data_pipeline.errors import InputError
from tests import programs
from tests.apps.human_study import crowd
from tests.faults import bad_inputs, disk, flips, jobs, kills, material

ROOT = pathlib.Path(__file__).parent.parent.parent
_DOCUMENT = ROOT / 'docs' / 'reliability.md'
_MARKS = ('<!-- report -->', '<!-- end of the report -->')


def main() -> int:
  """Runs the battery; the number of problems."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('--kills', type=int, default=20, help='of each job')
  parser.add_argument('--flips', type=int, default=50, help='of each kind')
  parser.add_argument('--write', action='store_true')
  arguments = parser.parse_args()
  jax.config.update('jax_platforms', 'cpu')
  jax.config.update('jax_num_cpu_devices', 4)  # As in the tests.
  os.chdir(ROOT)
  with tempfile.TemporaryDirectory() as folder:
    battery = _Battery(pathlib.Path(folder), arguments.kills, arguments.flips)
    lines = []
    for line in battery.report():
      print(line, flush=True)
      lines.append(line)
    report = '\n'.join(lines)
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
    for part in (self._bad, self._stopped, self._served, self._flipped):
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
    yield (
      '| job | stops | while it wrote a file | ends with the same bytes | '
      'full disks | problems |'
    )
    yield '|---|---|---|---|---|---|'
    for name, job in jobs.JOBS.items():
      folder = self._folder / name
      (folder / 'disk').mkdir(parents=True)
      tally = kills.kill(
        job, self._material, folder, self._num_kills, self._dice
      )
      problems = list(tally.problems) + self._two_at_once(job, folder)
      num_full: int | str = 'not tried: no right to mount'
      if os.geteuid() == 0:
        num_full, more = disk.fill(
          job, self._material, folder / 'disk', folder / 'cache'
        )
        problems += more
      for problem in problems:
        self.problems.append(f'{name}: {problem}')
      yield (
        f'| {name} | {tally.num_kills} | {tally.num_writing} | '
        f'{tally.num_ends} | {num_full} | {len(problems)} |'
      )

  def _two_at_once(self, job: jobs.Job, folder: pathlib.Path) -> list[str]:
    """Two programs in one place: each is done, or one is refused."""
    output = folder / 'twice'
    ends = [
      programs.finish(process)
      for process in [
        jobs.start(job, self._material, output, folder / 'cache') for _ in 'ab'
      ]
    ]
    problems = [
      f'two at once: status {status}: {err[-400:]}'
      for status, _, err in ends
      if status not in (0, 2) or 'Traceback' in err
    ]
    try:
      if job.digest(output) != job.digest(folder / 'sound'):
        problems.append('two at once: other bytes')
    except (InputError, OSError, ValueError) as error:
      problems.append(f'two at once: {error}')
    return problems

  def _served(self) -> Iterator[str]:
    """A study's server that is killed under its participants."""
    folder = self._folder / 'study'
    folder.mkdir()
    outcome = 'no answer was lost or changed'
    try:
      crowd.survive_kills(
        folder,
        num_participants=200,
        num_questions=12,
        num_kills=self._num_kills,
      )
    except (AssertionError, TimeoutError, RuntimeError) as error:
      self.problems.append(f'serve: {error}')
      outcome = 'see the problems'
    yield (
      f'The server of a study was killed {self._num_kills} times while 200 '
      f'participants answered: {outcome}.'
    )

  def _flipped(self) -> Iterator[str]:
    yield '| a flipped bit in | same result | refused | tracebacks | silent |'
    yield '|---|---|---|---|---|'
    for name, kind in flips.KINDS.items():
      counts: collections.Counter = collections.Counter()
      for outcome in flips.outcomes(
        kind, self._material, self._dice, self._num_flips
      ):
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


if __name__ == '__main__':
  sys.exit(main())
