"""Who is served when."""

import asyncio
import threading

import pytest

from instgan_jax.apps.studio import turns as turns_lib


def served(asked):
  """Asks, (page, slot) in order, while the thread is busy.

  Returns:
    The numbers of what was done, in order, and the outcome of each.
  """
  done, may_begin = [], threading.Event()

  async def ask(turns, page, slot, number):
    try:
      await turns.take(page, slot, lambda: done.append(number))
    except (turns_lib.Dropped, turns_lib.Busy) as error:
      return type(error)
    return None

  async def run():
    turns = turns_lib.Turns()
    first = asyncio.create_task(turns.take('first', '', may_begin.wait))
    await asyncio.sleep(0.01)
    waiting = []
    for number, (page, slot) in enumerate(asked):
      waiting.append(asyncio.create_task(ask(turns, page, slot, number)))
      await asyncio.sleep(0)
    may_begin.set()
    outcomes = await asyncio.gather(*waiting)
    await first
    return outcomes

  outcomes = asyncio.run(run())
  return done, outcomes


def test_of_one_page_only_the_latest_request_is_served():
  done, outcomes = served([('a', 'picture')] * 3 + [('b', 'picture')])
  assert done == [2, 3]
  assert outcomes == [turns_lib.Dropped, turns_lib.Dropped, None, None]


def test_pages_take_turns_whoever_asks_more():
  asked = [('a', '1'), ('a', '2'), ('a', '3'), ('b', '1'), ('c', '1')]
  done, _ = served(asked)
  assert done == [0, 3, 4, 1, 2]


def test_too_many_pages_are_refused_and_those_that_wait_are_served():
  pages = [(str(i), '') for i in range(turns_lib.MAX_PAGES + 1)]
  done, outcomes = served([*pages, ('0', 'other')])
  assert outcomes[-2:] == [turns_lib.Busy, None]
  assert sorted(done) == [*range(turns_lib.MAX_PAGES), len(pages)]


def test_an_error_reaches_the_one_who_asked_and_nobody_else():
  async def run():
    turns = turns_lib.Turns()
    failing = turns.take('a', '', lambda: 1 // 0)
    others = [turns.take('b', '', lambda: 7), turns.take('c', '', lambda: 8)]
    return await asyncio.gather(failing, *others, return_exceptions=True)

  error, *rest = asyncio.run(run())
  assert isinstance(error, ZeroDivisionError) and rest == [7, 8]
  with pytest.raises(ZeroDivisionError):
    raise error
