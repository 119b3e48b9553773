import threading
import time

import pytest

from data_pipeline import read_ahead


def test_results_are_in_the_order_of_the_arguments():
  def slow_if_even(x):
    time.sleep(0 if x % 2 else 0.01)
    return x * x

  results = read_ahead.map_ahead(slow_if_even, range(20), num_threads=4)
  assert list(results) == [x * x for x in range(20)]


def test_no_arguments_give_no_results():
  assert list(read_ahead.map_ahead(abs, [], num_threads=2)) == []


def test_arguments_are_taken_a_bounded_number_ahead():
  taken = []

  def arguments():
    for x in range(100):
      taken.append(x)
      yield x

  results = read_ahead.map_ahead(abs, arguments(), num_threads=3)
  assert taken == []  # Nothing runs before the first result is asked for.
  for x in range(10):
    assert next(results) == x
    # The results so far, and 2 * 3 that wait.
    assert len(taken) == x + 1 + 6
  results.close()
  assert len(taken) == 16


def test_calls_run_at_the_same_time():
  # Each of three calls waits for the other two.
  barrier = threading.Barrier(3, timeout=30)
  results = read_ahead.map_ahead(
    lambda _: barrier.wait(), range(3), num_threads=3
  )
  assert sorted(results) == [0, 1, 2]


def test_error_is_raised_at_its_place():
  def refuse_three(x):
    if x == 3:
      raise ValueError('three')
    return x

  results = read_ahead.map_ahead(refuse_three, range(10), num_threads=4)
  assert [next(results) for _ in range(3)] == [0, 1, 2]
  with pytest.raises(ValueError, match='three'):
    next(results)
  assert list(results) == []


def test_error_of_the_arguments_comes_through():
  def arguments():
    yield 1
    raise ValueError('no more')

  with pytest.raises(ValueError, match='no more'):
    list(read_ahead.map_ahead(abs, arguments(), num_threads=2))


def test_early_close_cancels_what_has_not_begun():
  begun = []
  has_begun_one, may_end = threading.Event(), threading.Event()

  def wait_after_the_first(x):
    begun.append(x)
    if x:
      has_begun_one.set()
      may_end.wait(30)
    return x

  results = read_ahead.map_ahead(wait_after_the_first, range(10), num_threads=1)
  assert next(results) == 0
  assert has_begun_one.wait(30)
  # Now the only thread is busy with 1, and 2 waits for it.
  closing = threading.Thread(target=results.close)
  closing.start()
  closing.join(0.3)
  assert closing.is_alive()  # A call that has begun is waited for.
  may_end.set()
  closing.join(30)
  assert begun == [0, 1]


def test_batched_keeps_the_order_and_ends_with_the_rest():
  assert list(read_ahead.batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
  assert list(read_ahead.batched(iter('abcd'), 2)) == [['a', 'b'], ['c', 'd']]
  assert list(read_ahead.batched([], 3)) == []
