"""A trace of a few steps: where their time goes, operation by operation."""

import pathlib
import re
from typing import Any

import jax

from data_pipeline.errors import InputError

FOLDER = 'profile'


def steps(text: str) -> range:
  """The steps of 'FIRST:LAST', both included; none of ''.

  Raises:
    InputError: for anything else.
  """
  if not text:
    return range(0)
  match = re.fullmatch(r'([1-9]\d*):([1-9]\d*)', text)
  if not match or int(match[1]) > int(match[2]):
    raise InputError(
      f'profile is {text!r}, expected FIRST:LAST, two steps from 1 on, such as '
      '--config.profile=5:7.'
    )
  return range(int(match[1]), int(match[2]) + 1)


class StepProfile:
  """Context manager: traces the steps between its two calls for each step."""

  def __init__(self, workdir: pathlib.Path, steps: range):
    """Nothing is written without one of the steps.

    Args:
      workdir: whose folder `FOLDER` gets the trace.
      steps: that are traced, counted from 1.
    """
    self._folder, self._steps = workdir / FOLDER, steps
    self._is_running = False

  def __enter__(self) -> 'StepProfile':
    return self

  def __exit__(self, *exception: Any) -> None:
    self._stop()

  def before(self, step: int) -> None:
    """`step` is about to start."""
    if step in self._steps and not self._is_running:
      jax.profiler.start_trace(self._folder)
      self._is_running = True

  def after(self, step: int, results: Any) -> None:
    """`step` was started and gives `results`."""
    if self._is_running and step + 1 not in self._steps:
      jax.block_until_ready(results)
      self._stop()

  def _stop(self) -> None:
    if self._is_running:
      self._is_running = False
      jax.profiler.stop_trace()
