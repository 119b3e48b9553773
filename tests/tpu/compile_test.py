"""Programs compile for TPUs, by their compiler, without one."""

import json
import os
import subprocess
import sys

import pytest

from tests import programs, tiny

# Their compiler alone: JAX looks for a TPU wherever it finds it.
LIBTPU = programs.ROOT / '.venv' / 'tpu'
pytestmark = [
  pytest.mark.tpu,
  pytest.mark.skipif(
    not (LIBTPU / 'libtpu').exists(),
    reason='libtpu is not installed: make .venv/tpu',
  ),
]


def compiled(*words):
  """What `benchmarks.tpu` says of a program."""
  # Its compiler heeds it too: the programs would not be those of a user.
  environment = {**os.environ, 'PYTHONPATH': str(LIBTPU)}
  environment.pop('JAX_DISABLE_MOST_OPTIMIZATIONS', None)
  done = subprocess.run(
    [
      *(sys.executable, '-m', 'benchmarks.tpu', '--json'),
      *('--fast_compilation', *words),
    ],
    cwd=programs.ROOT,
    env=environment,
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr[-2000:]
  return json.loads(done.stdout)


# All train steps aborted the compiler, at the gradient of SPADE's convolutions.
@pytest.mark.parametrize('method', ['l', 'li', 'lip'])
def test_the_step_of_every_method(method):
  words = ['--config', f'toy_street:{method}', *tiny.flags()]
  figures = compiled(*words, '--config.batch_size=2')
  assert figures['lookups'] == 0  # They are slow there.


def test_a_step_on_eight_chips_with_edges_and_style_encoder():
  compiled(
    *('--config', 'cityscapes_gaugan', '--topology', 'v6e:2x4'),
    *('--num_chips', '8', '--batch_size', '8', '--config.dtype=bfloat16'),
    *('--config.model.base_channels=2', '--config.model.hidden_channels=4'),
    *('--config.model.encoder_channels=2', '--config.remat=true'),
    *('--config.discriminator.base_channels=2', '--config.data.height=64'),
    '--config.data.width=128',
  )


def test_the_step_of_a_segmenter():
  compiled(
    *('--config', 'toy_segmenter', '--program', 'segmenter_step'),
    *('--config.data.height=32', '--config.data.width=64'),
    *('--config.model.height=32', '--config.model.width=64'),
    *('--config.model.base_channels=2', '--config.model.pyramid_channels=4'),
  )


@pytest.mark.parametrize('program', ['sampler', 'export'])
def test_a_generator(program):
  words = ['--config', 'toy_street', '--program', program, *tiny.flags()]
  assert compiled(*words, '--topology', 'v5p:2x2x1')['lookups'] == 0


def test_the_step_of_the_paper_fits_eight_chips():
  figures = compiled(
    *('--config', 'cityscapes_lip', '--config.dtype=bfloat16'),
    *('--topology', 'v5e:2x4', '--num_chips', '8', '--batch_size', '16'),
  )
  assert figures['images_a_chip'] == 2
  assert figures['peak_bytes'] < 16e9
  assert figures['lookups'] == 0
