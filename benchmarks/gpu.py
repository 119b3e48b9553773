"""Every figure of a GPU, with one command on a fresh clone.

  python -m benchmarks.gpu

Runs the other benchmarks at the sizes of the paper, in float32 (with TF32) and
in bfloat16, beside PyTorch where it is installed (compiled, channels last,
mixed precision), and writes their lines to `benchmarks/results` and its table
to `benchmarks/README.md`. A benchmark that fails is reported at the end and
does not stop the others. `--dry_run` prints the commands alone.

Exit status: 0 when all is done, 1 if a benchmark failed, 2 without a GPU.
"""

import argparse
import os
import re
import shlex
import subprocess
import sys

import jax

from data_pipeline.errors import InputError
from instgan_jax.cli import program
from instgan_jax.runtime import exits

RESULTS = 'benchmarks/results'
_PUBLISHED = '--config configs/cityscapes_l.py'
# Name of the file -> the command's words; both for each type of numbers.
OF_NETWORKS = {
  'train_step_batch_1': f'train_step {_PUBLISHED} --vgg19 --batch_size 1',
  'train_step_batch_8': f'train_step {_PUBLISHED} --vgg19 --batch_size 8',
  'sampler': f'sampler {_PUBLISHED} --batch_size 16',
  'instances': f'instances {_PUBLISHED} --batch_size 1 --max_gib 20',
  'scaling': (
    f'scaling {_PUBLISHED} --batch_size 2 --batch_sizes 1,2,4,8 '
    '--heights 128,256,512'
  ),
}
OF_THE_HOST = {
  'pipeline': 'pipeline --height 256',
  'metrics': 'metrics --height 256',
}
_NUM_ROUNDS = 20


def main() -> None:
  """Parses the flags and runs all benchmarks."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('--dry_run', action='store_true')
  flags = parser.parse_args()
  # The benchmarks need the memory that this process would take.
  os.environ.setdefault('XLA_PYTHON_CLIENT_PREALLOCATE', 'false')
  device = jax.devices()[0]
  if flags.dry_run:
    print('\n'.join(map(shlex.join, commands(device.device_kind))))
    return
  if device.platform != 'gpu':
    raise InputError(
      f'No GPU is there, JAX found {device.platform}: pip install '
      "'instgan_jax[cuda]' on a machine with one, or add --dry_run."
    )
  failed = []
  for command in commands(device.device_kind):
    print(shlex.join(command), flush=True)
    # A process each: one that runs out of memory takes no other with it.
    if subprocess.run([sys.executable, *command[1:]], check=False).returncode:
      failed.append(shlex.join(command))
  if failed:
    raise exits.Failure('These failed:\n' + '\n'.join(failed))


def commands(device_kind: str) -> list[list[str]]:
  """The command lines, for a device of a name."""
  device = re.sub(r'[^a-z0-9]+', '_', device_kind.lower()).strip('_')

  def command(words: str, name: str) -> list[str]:
    python = ['python', '-m', *f'benchmarks.{words}'.split()]
    return [*python, '--output', f'{RESULTS}/{device}_{name}.jsonl']

  return [
    *(
      command(
        f'{words} --dtype {dtype} --rounds {_NUM_ROUNDS}', f'{name}_{dtype}'
      )
      for dtype in ('bfloat16', 'float32')
      for name, words in OF_NETWORKS.items()
    ),
    *(command(words, name) for name, words in OF_THE_HOST.items()),
    ['python', '-m', 'benchmarks.table'],
  ]


if __name__ == '__main__':
  program.exit_after(main)
