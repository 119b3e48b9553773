"""What a program compiled by XLA does, read from its text (HLO)."""

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

_INSTRUCTION = re.compile(r'^\s+(?:ROOT )?%(\S+) = (.+?) ([a-z][\w\-]*)\((.*)$')
_COMPUTATION = re.compile(r'^(ENTRY )?%(\S+) \(.*\{$')
_SHAPE = re.compile(r'\b([a-z]+\d*\w*)\[([\d,]*)\](?:\{([^}]*)\})?')
_NAME = re.compile(r'%([\w.\-]+)')
_CALLED = re.compile(r'(?:calls|to_apply|body|condition)=%([\w.\-]+)')
_SOURCE = re.compile(r'op_name="([^"]*)"')
_FAST_MEMORY = 'S(1)'
_BITS = re.compile(r'\d+')
# They move nothing, or are counted where their result is used.
_FREE = frozenset(
  ('parameter', 'constant', 'tuple', 'get-tuple-element', 'bitcast')
)


class Shape(NamedTuple):
  """An array.

  Attributes:
    dims: its sizes.
    num_bytes: in the chip's main memory; 0 for what stays in the fast one.
    num_padded_bytes: with the padding of its tiles.
  """

  dims: tuple[int, ...]
  num_bytes: float
  num_padded_bytes: float


class Operation(NamedTuple):
  """An instruction that runs by itself, with those that are fused into it.

  Attributes:
    name: of the instruction.
    kind: its opcode.
    source: the JAX operation that it comes from.
    shapes: of its results.
    num_flops: of convolutions and matrix products.
    num_lane_flops: the same if all their lanes were full.
    num_bytes: read and written, with the padding of tiles.
    num_useful_bytes: without it.
  """

  name: str
  kind: str
  source: str
  shapes: tuple[Shape, ...]
  num_flops: float
  num_lane_flops: float
  num_bytes: float
  num_useful_bytes: float


class _Instruction(NamedTuple):
  kind: str
  shapes: tuple[Shape, ...]
  operands: tuple[str, ...]
  rest: str


class Program:
  """A compiled program.

  Attributes:
    counts: how many instructions of each kind it has.
  """

  def __init__(self, text: str, *, lanes: int = 128):
    """Reads the text of a compiled program.

    Args:
      text: of `jax.stages.Compiled.as_text()`.
      lanes: of the matrix unit.
    """
    self._lanes = lanes
    self._computations: dict[str, dict[str, _Instruction]] = {}
    self._entry = ''
    self.counts: dict[str, int] = {}
    self._read(text)

  def operations(self) -> Iterator[Operation]:
    """What the program runs, in order; the body of a loop once."""
    yield from self._operations(self._entry)

  def _read(self, text: str) -> None:
    instructions: dict[str, _Instruction] = {}
    for line in text.splitlines():
      if found := _COMPUTATION.match(line):
        instructions = self._computations.setdefault(found[2], {})
        if found[1]:
          self._entry = found[2]
      elif found := _INSTRUCTION.match(line):
        name, types, kind, rest = found.groups()
        operands, _, attributes = rest.partition(')')
        instructions[name] = _Instruction(
          kind,
          tuple(_shape(*match) for match in _SHAPE.findall(types)),
          tuple(_NAME.findall(operands)),
          attributes,
        )
        self.counts[kind] = self.counts.get(kind, 0) + 1

  def _operations(self, computation: str) -> Iterator[Operation]:
    instructions = self._computations[computation]
    for name, instruction in instructions.items():
      called = _CALLED.findall(instruction.rest)
      if instruction.kind in ('while', 'conditional', 'call'):
        for inner in called:
          yield from self._operations(inner)
      elif instruction.kind not in _FREE:
        yield self._operation(name, instruction, instructions)

  def _operation(
    self,
    name: str,
    instruction: _Instruction,
    neighbors: dict[str, _Instruction],
  ) -> Operation:
    arrays = list(instruction.shapes)
    for operand in instruction.operands:
      arrays += neighbors[operand].shapes if operand in neighbors else ()
    num_flops, num_lane_flops = self._flops(instruction, neighbors)
    source = _SOURCE.search(instruction.rest)
    return Operation(
      name,
      instruction.kind,
      source[1] if source else '',
      instruction.shapes,
      num_flops,
      num_lane_flops,
      sum(array.num_padded_bytes for array in arrays),
      sum(array.num_bytes for array in arrays),
    )

  def _flops(
    self, instruction: _Instruction, neighbors: dict[str, _Instruction]
  ) -> tuple[float, float]:
    """FLOPs of an instruction and all that it calls; and with full lanes."""
    total = full = 0.0
    if instruction.kind == 'convolution':
      return self._flops_of_convolution(instruction, neighbors)
    for name in _CALLED.findall(instruction.rest):
      inner = self._computations.get(name, {})
      for other in inner.values():
        num_flops, num_full = self._flops(other, inner)
        total, full = total + num_flops, full + num_full
    return total, full

  def _flops_of_convolution(
    self, instruction: _Instruction, neighbors: dict[str, _Instruction]
  ) -> tuple[float, float]:
    data, kernel = (neighbors[name].shapes[0] for name in instruction.operands)
    (out,) = instruction.shapes
    labels = re.search(r'dim_labels=(\w+)_(\w+)->(\w+)', instruction.rest)
    assert labels, instruction.rest
    data_labels, kernel_labels, out_labels = labels.groups()
    window = _window(instruction.rest)
    pairs = 1
    for axis in sorted(set(out_labels) - {'b', 'f'}):
      pairs *= _useful_pairs(
        data.dims[data_labels.index(axis)],
        kernel.dims[kernel_labels.index(axis)],
        out.dims[out_labels.index(axis)],
        stride=window('stride', int(axis), 1),
        padding=window('pad', int(axis), 0),
        dilation=window('lhs_dilate', int(axis), 1),
        kernel_dilation=window('rhs_dilate', int(axis), 1),
      )
    inputs = kernel.dims[kernel_labels.index('i')]
    outputs = out.dims[out_labels.index('f')]
    batch = out.dims[out_labels.index('b')]

    def filled(size: int) -> int:
      return math.ceil(size / self._lanes) * self._lanes

    return (
      2.0 * batch * outputs * inputs * pairs,
      2.0 * batch * filled(outputs) * filled(inputs) * pairs,
    )


def _useful_pairs(
  size: int,
  kernel: int,
  out: int,
  *,
  stride: int = 1,
  padding: int = 0,
  dilation: int = 1,
  kernel_dilation: int = 1,
) -> int:
  """Pairs of an output and a kernel position that meet a value of the data.

  Along one axis of a convolution.

  Args:
    size: of the data.
    kernel: size of the kernel.
    out: size of the output.
    stride: of the kernel over the (dilated) data.
    padding: before the data, may be negative.
    dilation: distance of neighboring values of the data.
    kernel_dilation: distance of neighboring values of the kernel.
  """
  positions = (
    np.arange(out)[:, None] * stride
    + np.arange(kernel)[None] * kernel_dilation
    - padding
  )
  is_inside = (positions >= 0) & (positions <= (size - 1) * dilation)
  return int((is_inside & (positions % dilation == 0)).sum())


def _window(attributes: str):
  """A function that reads `window={...}` of an instruction."""
  found = re.search(r'window=\{([^}]*)\}', attributes)
  fields = dict(
    field.split('=') for field in (found[1].split() if found else ())
  )

  def read(field: str, axis: int, default: int) -> int:
    if field not in fields:
      return default
    value = fields[field].split('x')[axis]
    return int(value.split('_')[0])

  return read


def _shape(dtype: str, dims: str, layout: str) -> Shape:
  sizes = tuple(int(size) for size in dims.split(',') if size)
  bits = _BITS.search(dtype)
  width = int(bits[0]) / 8 if bits else 1.0  # 'pred' has no number.
  padded = sizes
  order, _, tiles = layout.partition(':')
  if _FAST_MEMORY in tiles:
    width = 0.0
  if (tile := re.match(r'T\(([\d,]*)\)', tiles)) and sizes:
    minor_to_major = [int(axis) for axis in order.split(',')]
    padded = tuple(sizes[axis] for axis in reversed(minor_to_major))
    edges = [int(size) for size in tile[1].split(',')][-len(padded) :]
    head, tail = padded[: -len(edges)], padded[-len(edges) :]
    padded = head + tuple(
      math.ceil(size / edge) * edge
      for size, edge in zip(tail, edges, strict=True)
    )
  return Shape(sizes, width * math.prod(sizes), width * math.prod(padded))
