"""Work in turns: one piece at a time, fairly among pages, only the latest.

A page that asks again for the same thing gets the later one only; what it asked
for before, and has not begun, is dropped. Pages take turns, whoever asks more.
"""

import asyncio
import collections
import concurrent.futures
from collections.abc import Callable
from typing import Any, NamedTuple

MAX_PAGES = 64


class Dropped(Exception):
  """The page asked for something later."""


class Busy(Exception):
  """Too many pages wait already."""


class _Job(NamedTuple):
  work: Callable[[], Any]
  result: asyncio.Future


class Turns:
  """What waits for the generator."""

  def __init__(self) -> None:
    """Starts with nothing to do."""
    # The page whose turn is next comes first; of each the jobs by their slot.
    self._waiting: collections.OrderedDict[str, dict[str, _Job]] = (
      collections.OrderedDict()
    )
    self._thread = concurrent.futures.ThreadPoolExecutor(1, 'generator')
    self._worker: asyncio.Task | None = None

  async def take(self, page: str, slot: str, work: Callable[[], Any]) -> Any:
    """Waits for the turn of a page, and gives the result of `work`.

    Args:
      page: key of the page.
      slot: what is asked for, such as the picture of one model.
      work: runs in a thread; what it raises is raised.

    Raises:
      Dropped: if the page asked for the same slot again before its turn.
      Busy: if too many pages wait.
    """
    if page not in self._waiting and len(self._waiting) >= MAX_PAGES:
      raise Busy
    job = _Job(work, asyncio.get_running_loop().create_future())
    jobs = self._waiting.setdefault(page, {})
    if slot in jobs:
      _finish(jobs[slot], error=Dropped())
    jobs[slot] = job
    if self._worker is None:
      self._worker = asyncio.create_task(self._work())
    return await job.result

  async def _work(self) -> None:
    try:
      while self._waiting:
        page, jobs = self._waiting.popitem(last=False)
        job = jobs.pop(next(iter(jobs)))
        if jobs:
          self._waiting[page] = jobs  # Behind all others.
        await self._do(job)
    finally:
      self._worker = None

  async def _do(self, job: _Job) -> None:
    loop = asyncio.get_running_loop()
    try:
      result = await loop.run_in_executor(self._thread, job.work)
    except Exception as error:
      _finish(job, error=error)
    else:
      _finish(job, result=result)


def _finish(
  job: _Job, *, result: Any = None, error: Exception | None = None
) -> None:
  if job.result.done():  # Its visitor has gone.
    return
  if error is None:
    job.result.set_result(result)
  else:
    job.result.set_exception(error)
