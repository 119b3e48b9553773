"""The most memory that some work takes, of a process that does nothing else."""

import ctypes
import gc
import pathlib
import sys
from collections.abc import Callable

import jax

_GIB = 2**30
_OWN = pathlib.Path('/proc/self')


def of(make: Callable[[], Callable[[], object]]) -> float:
  """The peak in GiB: on the accelerator, or else of this process.

  What the process took before is left out, and so is, on the CPU, what the
  compilation took and gave back. (Compiled code and traces stay: hundreds of
  MiB, which count beside small networks.) On an accelerator nothing else may
  have run before.

  Args:
    make: builds what the work needs and returns it.
  """
  is_cpu = jax.default_backend() == 'cpu'
  before = _status('VmRSS') if is_cpu else 0.0
  work = make()
  jax.block_until_ready(work())
  if is_cpu:
    _forget_compilation()
  jax.block_until_ready(work())
  return (_status('VmHWM') if is_cpu else _of_accelerator()) - before


def _forget_compilation() -> None:
  """Gives what is free back to the system and begins a new peak."""
  gc.collect()
  ctypes.CDLL('libc.so.6').malloc_trim(0)
  (_OWN / 'clear_refs').write_text('5')


def _status(name: str) -> float:
  # Not of getrusage, which begins with the peak of the parent process.
  for line in (_OWN / 'status').read_text().splitlines():
    if line.startswith(f'{name}:'):
      return int(line.split()[1]) * 1024 / _GIB
  raise RuntimeError(f'/proc/self/status has no {name}, expected one in kB.')


def _of_accelerator() -> float:
  peaks = [
    (device.memory_stats() or {}).get('peak_bytes_in_use', 0)
    for device in jax.local_devices()
  ]
  if 'torch' in sys.modules:
    peaks.append(sys.modules['torch'].cuda.max_memory_allocated())
  return max(peaks) / _GIB
