"""TPU chips: what they can do at most, as their maker says."""

from typing import NamedTuple


class Chip(NamedTuple):
  """One chip.

  Attributes:
    flops: bfloat16 FLOPs a second. Convolutions of float32 run at the same rate
      by default: their factors are rounded to bfloat16.
    bandwidth: of the memory, bytes a second.
    memory: bytes.
    lanes: rows and columns of the matrix unit.
  """

  flops: float
  bandwidth: float
  memory: float
  lanes: int


# cloud.google.com/tpu/docs: the pages of each version.
CHIPS = {
  'v5e': Chip(flops=197e12, bandwidth=819e9, memory=16e9, lanes=128),
  'v5p': Chip(flops=459e12, bandwidth=2765e9, memory=95e9, lanes=128),
  'v6e': Chip(flops=918e12, bandwidth=1640e9, memory=32e9, lanes=256),
}
