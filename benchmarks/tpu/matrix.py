r"""Compiles every program for TPUs, and writes what each needs.

  python -m benchmarks.tpu.matrix --write
  python -m benchmarks.tpu.matrix --only segmenter

Each in a process of its own, because a failed check of the compiler ends the
process. Results are kept in benchmarks/results/tpu/matrix.jsonl; what is there
is not compiled again. --write puts their table into docs/accelerators.md.
"""

import argparse
import json
import pathlib
import subprocess
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

import tqdm

from benchmarks.tpu import chips, compilation
from data_pipeline import atomic_file
from instgan_jax.cli import program

_ROOT = pathlib.Path(__file__).parent.parent.parent
_RESULTS = _ROOT / 'benchmarks' / 'results' / 'tpu' / 'matrix.jsonl'
_DOCUMENT = _ROOT / 'docs' / 'accelerators.md'
_MARKS = ('<!-- table -->', '<!-- end of the table -->')
_GIB = 2**30
_BFLOAT16 = '--config.dtype=bfloat16'
_REMAT = '--config.remat=true'
_LARGE = ('--config.data.height=512', '--config.data.width=1024')


class Case(NamedTuple):
  """A program to compile.

  Attributes:
    config: its name.
    per_chip: images of the batch on a chip.
    changes: of the configuration.
    topology: of the chips.
    num_chips: that are used.
    program: as of `benchmarks.tpu`.
  """

  config: str
  per_chip: int
  changes: tuple[str, ...] = ()
  topology: str = 'v5e:2x2'
  num_chips: int = 1
  program: str = 'train_step'

  @property
  def words(self) -> list[str]:
    """The command line of `benchmarks.tpu`."""
    return [
      *('--config', self.config, '--program', self.program),
      *('--topology', self.topology, '--num_chips', str(self.num_chips)),
      *('--batch_size', str(self.per_chip * self.num_chips)),
      *self.changes,
    ]


def cases() -> Iterator[Case]:
  """The matrix."""
  paper = 'cityscapes_lip'
  for dtype in ((_BFLOAT16,), ()):
    # The paper's: 16 images on 8 chips.
    yield Case('cityscapes_l', 2, dtype, 'v5e:2x4', 8)
    yield Case(paper, 2, dtype, 'v5e:2x4', 8)
    for per_chip in (1, 2, 4, 8):
      yield Case(paper, per_chip, dtype)
    yield Case(paper, 8, (*dtype, _REMAT))
  yield Case(paper, 16, (_BFLOAT16, _REMAT))
  for topology in ('v6e:2x2', 'v5p:2x2x1'):
    yield Case(paper, 8, (_BFLOAT16,), topology)
  yield Case(paper, 1, (_BFLOAT16, _REMAT, *_LARGE), 'v6e:2x4', 8)
  yield Case(paper, 4, (_BFLOAT16, _REMAT, *_LARGE), 'v6e:2x2')
  for config in ('cityscapes_l', 'cityscapes_li', 'cityscapes_gaugan'):
    yield Case(config, 2, (_BFLOAT16,))
  yield Case(paper, 2, (_BFLOAT16, '--config.vgg19_weights=random'))
  yield Case(paper, 2, (_BFLOAT16, '--config.share_generator_forward=true'))
  for method in ('l', 'li', 'lip'):
    yield Case(f'toy_street:{method}', 2)
  yield Case('toy_street', 1, (_BFLOAT16,), 'v5e:2x4', 8)
  yield Case('toy_street', 8, (_BFLOAT16,))
  yield Case('toy_segmenter', 4, program='segmenter_step')
  yield Case(
    'cityscapes_segmenter', 2, (), 'v5e:2x4', 8, program='segmenter_step'
  )
  for dtype in ((_BFLOAT16,), ()):
    for per_chip in (1, 8):
      yield Case(paper, per_chip, dtype, program='sampler')
  yield Case('toy_street', 1, program='export')
  yield Case(paper, 8, program='vgg19')
  yield Case(paper, 8, program='inception')
  yield Case(paper, 1, program='pspnet')


def main() -> None:
  """Compiles what is missing, and prints or writes the table."""
  parser = argparse.ArgumentParser(
    prog='python -m benchmarks.tpu.matrix',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument('--only', default='', help='cases with these letters')
  parser.add_argument('--write', action='store_true')
  flags = parser.parse_args()
  compilation.require_libtpu()
  results = _read()
  wanted = [case for case in cases() if flags.only in ' '.join(case.words)]
  for case in tqdm.tqdm(wanted, desc='compiling'):
    key = ' '.join(case.words)
    if key not in results:
      results[key] = _compile(case)
      _write(results)
  rows = [
    table_row(case, results[' '.join(case.words)])
    for case in cases()
    if ' '.join(case.words) in results
  ]
  table = '\n'.join([_HEADER, *rows])
  print(table)
  if flags.write:
    before, rest = _DOCUMENT.read_text().split(_MARKS[0])
    after = rest.split(_MARKS[1])[1]
    text = f'{before}{_MARKS[0]}\n{table}\n{_MARKS[1]}{after}'
    atomic_file.write_text(_DOCUMENT, text)


_HEADER = (
  '| program | configuration | changes | chips | images a chip | memory, GiB | '
  'FLOPs | at best, images/s and chip | compilation, s |\n'
  '|---|---|---|---|---|---|---|---|---|'
)


def table_row(case: Case, result: dict[str, Any]) -> str:
  """A line of the Markdown table.

  Args:
    case: what was compiled.
    result: of `benchmarks.tpu --json`, or {'error': its last line}.
  """
  kind = case.topology.partition(':')[0]
  changes = ', '.join(word.removeprefix('--config.') for word in case.changes)
  columns = [
    case.program,
    case.config,
    changes,
    f'{case.num_chips} x {kind}',
    str(case.per_chip),
  ]
  if 'error' in result:
    is_full = 'RESOURCE_EXHAUSTED' in result['error']
    reason = 'too much' if is_full else result['error']
    return f'| {" | ".join([*columns, reason])} | | | |'
  limit = chips.CHIPS[kind].memory / _GIB
  needed = result['peak_bytes'] / _GIB
  work = result['useful_flops']
  excess = '' if needed <= limit else ': too much'
  columns += [
    f'{needed:.2f} of {limit:.1f}{excess}',
    f'{result["flops"] / work:.2f}' if work else '',
    f'{result["images_a_chip"] / result["roofline_seconds"]:.1f}',
    f'{result["lowering_seconds"] + result["compilation_seconds"]:.0f}',
  ]
  return f'| {" | ".join(columns)} |'


def _compile(case: Case) -> dict[str, Any]:
  done = subprocess.run(
    [
      *(sys.executable, '-m', 'benchmarks.tpu', *case.words),
      *('--fast_compilation', '--json'),
    ],
    cwd=_ROOT,
    capture_output=True,
    text=True,
    check=False,
  )
  if done.returncode == 0:
    return json.loads(done.stdout)
  return {'error': _reason(done.stderr)}


def _reason(text: str) -> str:
  """Why a compilation failed, in a line."""
  lines = [line for line in text.splitlines() if line.strip()]
  wanted = [
    line
    for line in lines
    if 'Check failed' in line or 'RESOURCE_EXHAUSTED' in line
  ]
  return (wanted or lines or ['without a message'])[-1].strip()[:160]


def _read() -> dict[str, dict[str, Any]]:
  if not _RESULTS.exists():
    return {}
  lines = map(json.loads, _RESULTS.read_text().splitlines())
  return {line.pop('command'): line for line in lines}


def _write(results: dict[str, dict[str, Any]]) -> None:
  lines = [
    json.dumps({'command': key, **value}) for key, value in results.items()
  ]
  atomic_file.write_text(_RESULTS, '\n'.join(lines) + '\n')


if __name__ == '__main__':
  program.exit_after(main)
