"""One program, compiled for a TPU, and what the compiler says of it."""

import importlib.metadata
import importlib.util
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import jax
import ml_collections
from jax.experimental import topologies

from benchmarks.tpu import chips as chips_lib
from benchmarks.tpu import hlo, programs
from data_pipeline.errors import InputError

# Rewritings of a layout; they compute nothing.
_COPIES = frozenset(('copy', 'transpose', 'reshape'))
_LOOKUPS = frozenset(('gather', 'scatter'))


class Compiled(NamedTuple):
  """A compiled program.

  Attributes:
    summary: figures, plain values; FLOPs and bytes are those of one chip.
    operations: what it runs.
  """

  summary: dict[str, Any]
  operations: tuple[hlo.Operation, ...]


def require_libtpu() -> None:
  """Raises InputError if the compiler is not installed."""
  if importlib.util.find_spec('libtpu') is None:
    raise InputError(
      'libtpu is not installed. It is for Linux on x86-64: pip install '
      '--no-deps -r tests/requirements-tpu.txt.'
    )


def compile_program(
  name: str,
  config: ml_collections.ConfigDict,
  *,
  topology: str,
  num_chips: int,
) -> Compiled:
  """Compiles a program for chips that need not be there.

  The compiler ends the process where one of its own checks fails.

  Args:
    name: one of `programs.PROGRAMS`.
    config: of the networks.
    topology: its kind of chip and shape, such as 'v5e:2x2'.
    num_chips: how many of its chips to use.

  Raises:
    InputError: if the topology does not exist or has less chips.
  """
  chips = _chips(topology)
  if not 1 <= num_chips <= len(chips):
    raise InputError(
      f'--num_chips is {num_chips}, but {topology} has {len(chips)}: choose '
      'another --topology.'
    )
  start = time.perf_counter()
  program = programs.lower(name, config, chips[:num_chips])
  lowered = time.perf_counter()
  compiled = program.lowered.compile()
  done = time.perf_counter()
  text = compiled.as_text()
  limits = chips_lib.CHIPS[topology.partition(':')[0]]
  parsed = hlo.Program(text, lanes=limits.lanes)
  operations = tuple(parsed.operations())
  memory = compiled.memory_analysis()
  cost = compiled.cost_analysis()
  return Compiled(
    {
      'program': name,
      'topology': topology,
      'num_chips': num_chips,
      'images_a_chip': program.num_images,
      'lowering_seconds': round(lowered - start, 1),
      'compilation_seconds': round(done - lowered, 1),
      'arguments_bytes': memory.argument_size_in_bytes,
      'outputs_bytes': memory.output_size_in_bytes,
      'aliases_bytes': memory.alias_size_in_bytes,
      'temporaries_bytes': memory.temp_size_in_bytes,
      'peak_bytes': peak(memory),
      'flops': cost['flops'],
      'useful_flops': program.useful_flops,
      'bytes': cost['bytes accessed'],
      'roofline_seconds': sum(
        seconds(operation, limits) for operation in operations
      ),
      'convolutions': parsed.counts.get('convolution', 0),
      'copies': _count(parsed, _COPIES),
      'lookups': _count(parsed, _LOOKUPS),
      'jax': jax.__version__,
      'libtpu': importlib.metadata.version('libtpu'),
    },
    operations,
  )


def _chips(topology: str) -> Sequence[jax.Device]:
  try:
    return topologies.get_topology_desc(
      platform='tpu', topology_name=topology
    ).devices
  except Exception as error:
    raise InputError(
      f'libtpu has no topology {topology!r}: {str(error).splitlines()[0]}. '
      'Expected one such as v5e:2x2, v6e:2x4 or v5p:2x2x1.'
    ) from error


def peak(memory) -> int:
  """Bytes of a chip's memory that a compiled program needs."""
  return (
    memory.argument_size_in_bytes
    + memory.output_size_in_bytes
    - memory.alias_size_in_bytes
    + memory.temp_size_in_bytes
  )


def seconds(operation: hlo.Operation, chip: chips_lib.Chip) -> float:
  """The least time that an operation takes."""
  return max(
    operation.num_lane_flops / chip.flops, operation.num_bytes / chip.bandwidth
  )


def _count(parsed: hlo.Program, kinds: frozenset[str]) -> int:
  return sum(parsed.counts.get(kind, 0) for kind in kinds)
