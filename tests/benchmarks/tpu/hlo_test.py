"""Reading a compiled program, against counts by hand."""

import pathlib

import pytest

from benchmarks.tpu import hlo

TEXT = (pathlib.Path(__file__).parent / 'program.hlo').read_text()


def program(lanes=128):
  # A loop whose condition is not in the text.
  return hlo.Program(TEXT.replace('condition=%condition, ', ''), lanes=lanes)


def test_lists_what_runs_and_looks_into_loops():
  operations = list(program().operations())
  assert [o.kind for o in operations] == ['copy', 'fusion']
  assert operations[1].source == 'jit(f)/conv'
  assert [shape.dims for shape in operations[1].shapes] == [(2, 8, 8, 32)]


def test_counts_instructions_by_kind():
  counts = program().counts
  assert (counts['convolution'], counts['copy'], counts['while']) == (1, 1, 1)


@pytest.mark.parametrize(('lanes', 'filled'), [(128, 128 * 128), (32, 64 * 32)])
def test_flops_of_a_fused_convolution(lanes, filled):
  _, fusion = program(lanes).operations()
  # Of 8 rows the outer two meet 2 of 3 taps: 22 pairs; columns likewise.
  assert fusion.num_flops == 2 * 2 * 22 * 22 * 64 * 32
  assert fusion.num_lane_flops == 2 * 2 * 22 * 22 * filled


def test_bytes_with_and_without_the_padding_of_tiles():
  copy, fusion = program().operations()
  # 64 and 32 channels take 128 lanes.
  assert fusion.num_useful_bytes == 2 * (2 * 64 * 96 + 9 * 64 * 32)
  assert fusion.num_bytes == 2 * (2 * 64 * 256 + 9 * 64 * 128)
  # 4 rows take 8; what is copied to the fast memory is read only.
  assert (copy.num_useful_bytes, copy.num_bytes) == (4 * 4 * 128, 4 * 8 * 128)
