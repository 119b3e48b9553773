r"""Time and memory of a training step: methods, and PyTorch, side by side.

  python -m benchmarks.train_step
  python -m benchmarks.train_step --config configs/cityscapes_l.py \
    --batch_size 1 --rounds 2

Toy streets of the configuration's size feed it, or the scenes of `--folder`. Of
each method it times the generator (forward, and forward with backward) and the
whole iteration of GauGAN: generator's half, a second forward, discriminator's
half, Adam. Beside method L runs the same in PyTorch, with the same weights on
the same batch; that both have the same losses is checked first. All take turns,
so that a busy machine slows them alike; what counts are the ratios.

Each line has milliseconds, images a second, the useful floating-point
operations a second, and their share (mfu) of what a plain matrix product got in
the same run, or of `--peak_tflops`. `times_L` is the time over that of method L
with the same work, so above 1 is slower. Peak memory is that of a process that
does nothing else. `--vgg19` adds the perceptual loss, with random weights.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import (
  configuration,
  gans,
  matrix_product,
  measurement,
  peak_memory,
  useful_flops,
)
from instgan_jax.build import methods
from instgan_jax.cli import program
from instgan_jax.commands import train
from instgan_jax.models import segment_modulation
from instgan_jax.runtime import exits, xla_flags

PARTS = ('forward', 'gradient', 'iteration')
PRODUCT = 'matrix product'


def main() -> None:
  """Parses the flags, measures and prints."""
  # Both frameworks want the memory of a GPU.
  os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')
  flags = _flags()
  names = gans.names(flags)
  config = configuration.from_flags(flags, 'L')
  if train.is_small(config):
    xla_flags.run_operations_at_once()
  if flags.peak_of:
    print(json.dumps({'peak_GiB': _peak(flags)}))
    return
  cases = [f'{name} {part}' for name in names for part in PARTS]
  # Before this process takes memory itself.
  peaks = {case: _peak_of_own_process(case) for case in cases * flags.memory}
  variants = {
    f'{name} {part}': work
    for name, gan in gans.build(flags, names).items()
    for part, work in _parts(gan).items()
  }
  product, product_flops = matrix_product.variant(config.dtype)
  timings = measurement.in_turns(
    {PRODUCT: product, **variants}, num_rounds=flags.rounds
  )
  setting = configuration.setting(flags, config) + ', VGG19' * flags.vgg19
  lines = measurement.Lines('train_step', setting, flags.output)
  attained = product_flops / timings[PRODUCT].median
  lines.add(PRODUCT, timings[PRODUCT], tflops=attained / 1e12)
  work = useful_flops.work(config, use_vgg19=flags.vgg19)
  for case in cases:
    part = case.split()[-1]
    images_per_second = config.batch_size / timings[case].median
    flops = images_per_second * dict(zip(PARTS, work, strict=True))[part]
    figures = {
      'images_per_second': images_per_second,
      'tflops': flops / 1e12,
      'mfu': flops / (1e12 * flags.peak_tflops or attained),
      'times_L': timings[case].median / timings[f'L {part}'].median,
    }
    if flags.memory:
      figures['peak_GiB'] = peaks[case]
    lines.add(case, timings[case], **figures)


def _flags() -> argparse.Namespace:
  parser = measurement.parser(__doc__, num_rounds=10)
  configuration.define_flags(parser)
  configuration.define_folder_flag(parser)
  parser.add_argument(
    '--methods',
    default=','.join(methods.METHODS),
    help="L first; 'L dense' is L without the deduplication of SPADE",
  )
  parser.add_argument('--vgg19', action='store_true')
  parser.add_argument('--peak_tflops', type=float, default=0.0)
  for name in ('memory', 'torch'):
    parser.add_argument(
      f'--{name}', action=argparse.BooleanOptionalAction, default=True
    )
  parser.add_argument('--peak_of', default='', help=argparse.SUPPRESS)
  flags = parser.parse_args()
  names = flags.methods.split(',')
  if names[0] != 'L':
    parser.error(f'--methods is {flags.methods}: begin with L, as in L,L+I.')
  forms = ('', *segment_modulation.FORMS)
  for name in names:
    method, _, form = name.partition(' ')
    if method not in methods.METHODS or form not in forms:
      parser.error(
        f'--methods has {name!r}, expected {", ".join(methods.METHODS)}, or '
        "one of them with a form of the modulation, as in 'L dense'."
      )
  return flags


def _parts(gan: Any) -> dict[str, Callable[[], object]]:
  does = gan.generate, gan.differentiate, gan.update
  return dict(zip(PARTS, does, strict=True))


def _peak(flags: argparse.Namespace) -> float:
  """Of one part of one GAN, GiB."""
  name, part = flags.peak_of.rsplit(maxsplit=1)
  return peak_memory.of(lambda: _parts(gans.build_one(flags, name))[part])


def _peak_of_own_process(case: str) -> float:
  command = [sys.executable, '-m', 'benchmarks.train_step', *sys.argv[1:]]
  done = subprocess.run(
    [*command, '--peak_of', case], capture_output=True, text=True, check=False
  )
  if done.returncode:
    raise exits.Failure(f'Peak memory of {case}: {done.stderr.strip()}')
  return json.loads(done.stdout.splitlines()[-1])['peak_GiB']


if __name__ == '__main__':
  program.exit_after(main)
