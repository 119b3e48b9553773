"""How every benchmark measures: variants in turns, a JSON line a result."""

import argparse
import json
import os
import pathlib
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax

from data_pipeline import atomic_file
from instgan_jax.runtime import versions


class Timing(NamedTuple):
  """Durations of one variant, in seconds.

  Attributes:
    first: of the first call, compilation included.
    median: over the rounds.
    p10: a tenth of the rounds was faster.
    p90: a tenth was slower.
    cpu: the median of the CPU time of all threads of this process.
    num_rounds: calls after the warm-up.
  """

  first: float
  median: float
  p10: float
  p90: float
  cpu: float
  num_rounds: int


def in_turns(
  variants: Mapping[str, Callable[[], object]],
  *,
  num_rounds: int,
  num_warmups: int = 1,
) -> dict[str, Timing]:
  """Calls all variants once, then all again, and so on: A B A B.

  A machine that is busy for a while slows all of them alike, so that their
  ratios stay.

  Args:
    variants: functions by name. Arrays of JAX that one returns are waited for;
      other work it must have finished when it returns.
    num_rounds: calls of each that count.
    num_warmups: calls of each before.
  """
  first = {name: _seconds(variant)[0] for name, variant in variants.items()}
  for _ in range(num_warmups - 1):
    for variant in variants.values():
      _seconds(variant)
  seconds: dict[str, list[tuple[float, float]]] = {
    name: [] for name in variants
  }
  for _ in range(num_rounds):
    for name, variant in variants.items():
      seconds[name].append(_seconds(variant))
  return {
    name: timing(first[name], durations) for name, durations in seconds.items()
  }


def timing(first: float, durations: list[tuple[float, float]]) -> Timing:
  """Of pairs of wall and CPU time."""
  wall, cpu = zip(*durations, strict=True)
  deciles = [wall[0], wall[0]]
  if len(wall) > 1:
    deciles = statistics.quantiles(wall, n=10, method='inclusive')
  return Timing(
    first,
    statistics.median(wall),
    deciles[0],
    deciles[-1],
    statistics.median(cpu),
    len(wall),
  )


def _seconds(call: Callable[[], object]) -> tuple[float, float]:
  start, cpu_start = time.perf_counter(), time.process_time()
  jax.block_until_ready(call())
  return time.perf_counter() - start, time.process_time() - cpu_start


class Lines:
  """The JSON lines of one benchmark: printed, and kept in a file.

  Each line tells how it was measured: device, cores, load average and
  versions. The file is complete after every line.
  """

  def __init__(self, benchmark: str, setting: str, output: str | None):
    """Creates the file's folder.

    Args:
      benchmark: its name.
      setting: what all lines have in common, such as the size of the images.
      output: the file, in place of an older one; None for none.
    """
    self._benchmark, self._setting = benchmark, setting
    self._output = pathlib.Path(output) if output else None
    self._lines: list[str] = []
    if self._output:
      self._output.parent.mkdir(parents=True, exist_ok=True)

  def add(self, case: str, timing: Timing, **figures) -> None:
    """Prints and keeps a result.

    Args:
      case: the variant.
      timing: its durations.
      **figures: what else was found, numbers by a name with the unit.
    """
    line = json.dumps(
      {
        'benchmark': self._benchmark,
        'setting': self._setting,
        'case': case,
        **_milliseconds(timing),
        'figures': {key: rounded(value) for key, value in figures.items()},
        **surroundings(),
      }
    )
    print(line, flush=True)
    self._lines.append(line)
    if self._output:
      atomic_file.write_text(self._output, '\n'.join(self._lines) + '\n')


def _milliseconds(timing: Timing) -> dict:
  return {
    'ms_median': rounded(1e3 * timing.median),
    'ms_p10': rounded(1e3 * timing.p10),
    'ms_p90': rounded(1e3 * timing.p90),
    'cpu_ms': rounded(1e3 * timing.cpu),
    'first_ms': rounded(1e3 * timing.first),
    'num_rounds': timing.num_rounds,
  }


def rounded(value: float) -> float:
  """To four digits, which is more than any timing is sure of."""
  return float(f'{value:.4g}')


def surroundings() -> dict:
  """What a result depends on besides the code that is measured."""
  found = versions.versions()
  return {
    'device': jax.devices()[0].device_kind,
    'num_devices': jax.device_count(),
    'num_cores': len(os.sched_getaffinity(0)),
    'load_average': rounded(os.getloadavg()[0]),
    'versions': {**found, 'python': platform.python_version()},
  }


def parser(description: str | None, *, num_rounds: int):
  """argparse's, with the flags that all benchmarks have."""
  flags = argparse.ArgumentParser(
    description=description,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  flags.add_argument('--rounds', type=int, default=num_rounds)
  flags.add_argument('--output', help='a file for the JSON lines')
  return flags
