r"""Compiles a program for a TPU that is not there, and says what it will cost.

  python -m benchmarks.tpu --config cityscapes_lip --topology v5e:2x2 \
    --batch_size 8 --config.dtype=bfloat16
  python -m benchmarks.tpu --config toy_street --program sampler

XLA's compiler for TPUs is in the package libtpu (tests/requirements-tpu.txt),
which needs none. From the compiled program: memory beside that of the chip,
FLOPs beside those of the networks, bytes, and for each large operation the
least milliseconds that its FLOPs (with the lanes that stay empty) or its bytes
(with the padding of tiles) take. --batch_size is for all chips.
"""

import argparse
import json
import os

# Before JAX starts: the CPU is the only device that is here.
os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['TPU_SKIP_MDS_QUERY'] = '1'
os.environ['ALLOW_MULTIPLE_LIBTPU_LOAD'] = '1'

from benchmarks.tpu import chips, compilation, programs, report
from data_pipeline.errors import InputError
from instgan_jax.cli import configurations, program
from instgan_jax.runtime import devices


def main() -> None:
  """Parses the flags, compiles and prints."""
  parser = argparse.ArgumentParser(
    prog='python -m benchmarks.tpu',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument('--config', default='cityscapes_lip')
  parser.add_argument(
    '--program', choices=sorted(programs.PROGRAMS), default='train_step'
  )
  parser.add_argument('--topology', default='v5e:2x2', help='such as v6e:2x2')
  parser.add_argument('--num_chips', type=int, default=1)
  parser.add_argument('--batch_size', type=int, help='that of the config')
  parser.add_argument('--rows', type=int, default=15, help='of the table')
  parser.add_argument(
    '--fast_compilation',
    action='store_true',
    help='with the least effort, as config.fast_compilation',
  )
  parser.add_argument('--json', action='store_true', help='one line instead')
  flags, changes = parser.parse_known_args()
  if unknown := [word for word in changes if not word.startswith('--config.')]:
    raise InputError(f'unknown argument {unknown[0]!r}, see --help.')
  compilation.require_libtpu()
  kind = flags.topology.partition(':')[0]
  if kind not in chips.CHIPS:
    raise InputError(
      f'--topology {flags.topology} is of no known chip, expected one of '
      f'{", ".join(chips.CHIPS)}, such as v5e:2x2.'
    )
  if flags.batch_size:
    changes.append(f'--config.batch_size={flags.batch_size}')
  config = configurations.read(flags.config, changes)
  if flags.fast_compilation:
    devices.compile_fast()
  compiled = compilation.compile_program(
    flags.program,
    config,
    topology=flags.topology,
    num_chips=flags.num_chips,
  )
  if flags.json:
    print(json.dumps(compiled.summary), flush=True)
  else:
    title = ' '.join([flags.config, *changes])
    print(report.text(title, compiled, chips.CHIPS[kind], flags.rows))


if __name__ == '__main__':
  program.exit_after(main)
