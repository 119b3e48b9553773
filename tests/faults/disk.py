"""A disk that fills while a job writes, and more room afterwards."""

import contextlib
import pathlib
import subprocess
from collections.abc import Iterator

from tests import programs
from tests.faults import jobs

_SHARES = (0.02, 0.2, 0.4, 0.6, 0.8, 0.95)


def fill(
  job: jobs.Job,
  material: pathlib.Path,
  folder: pathlib.Path,
  cache: pathlib.Path,
) -> tuple[int, list[str]]:
  """Runs a job on small file systems, then again on larger ones.

  Needs the right to mount a tmpfs. `cache` is for compiled programs.

  Returns:
    How many disks were full, and what must not be, a line each.
  """

  def run(output: pathlib.Path) -> tuple[int, str, str]:
    return programs.finish(jobs.start(job, material, output, cache))

  sound = folder / 'sound'
  status, _, err = run(sound)
  if status:
    return 0, [f'not on a full disk: status {status}: {err[-400:]}']
  needed = sum(p.stat().st_size for p in sound.rglob('*') if p.is_file())
  expected, num_full, problems = job.digest(sound), 0, []
  for share in _SHARES:
    disk = folder / f'disk_{share}'
    with _tmpfs(disk, int(share * needed)):
      status, _, err = run(disk / 'out')
      if status == 0:
        continue
      num_full += 1
      if status != 2 or 'Traceback' in err or 'pace left' not in err:
        problems.append(f'{share} of the room: status {status}: {err[-400:]}')
      _mount('remount,size=1g', disk)
      status, _, err = run(disk / 'out')
      if status:
        problems.append(f'{share}, with room: status {status}: {err[-400:]}')
      elif job.digest(disk / 'out') != expected:
        problems.append(f'{share}, with room: other bytes')
  return num_full, problems


@contextlib.contextmanager
def _tmpfs(folder: pathlib.Path, size: int) -> Iterator[None]:
  folder.mkdir()
  _mount(f'size={max(size, 4096)}', folder)
  try:
    yield
  finally:
    subprocess.run(['umount', folder], check=True)


def _mount(options: str, folder: pathlib.Path) -> None:
  subprocess.run(
    ['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', folder], check=True
  )
