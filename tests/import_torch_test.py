"""The command: its flags, its files, one message when something is wrong."""

import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.weights import download, public_files
from tests import commands_in_process
from tests.golden import recipe

pytestmark = pytest.mark.slow


ROOT = pathlib.Path(__file__).parent.parent


def run(*arguments):
  commands_in_process.run('instgan_jax.import_torch', *arguments)


@pytest.fixture(scope='module')
def generator(tmp_path_factory):
  path = tmp_path_factory.mktemp('weights') / 'latest_net_G.npz'
  np.savez(path, **recipe.state_dict('cityscapes_more_edges', 'G'))
  return path


def test_as_a_program(generator, tmp_path):
  command = [
    sys.executable,
    '-m',
    'instgan_jax.import_torch',
    '--network=gaugan',
    f'--input={generator}',
    f'--output={tmp_path / "out"}',
    '--image_size=64x128',
  ]
  environment = {**os.environ, 'JAX_PLATFORMS': 'cpu'}
  wrong = subprocess.run(
    command, cwd=ROOT, env=environment, capture_output=True, text=True
  )
  assert wrong.returncode == 2
  assert wrong.stderr.count('\n') == 1
  assert '--upsampling more for the released Cityscapes model' in wrong.stderr
  right = subprocess.run(
    [*command, '--upsampling=more'],
    cwd=ROOT,
    env=environment,
    capture_output=True,
    text=True,
  )
  assert right.returncode == 0, right.stderr
  assert 'generator: 2.61 M parameters' in right.stdout
  assert (tmp_path / 'out' / 'config.json').exists()


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    ([], '--network and --output are needed'),
    (['--network=vgg19'], '--output is needed'),
    (['--network=vgg19', '--output=out'], 'but neither is given'),
    (
      ['--network=vgg19', '--output=out', '--input=a.pth', '--download'],
      'but both are given',
    ),
    (
      ['--network=vgg19', '--output=out', '--input=a', '--image_size=2x2'],
      '--image_size: only with --network gaugan, not vgg19',
    ),
    (
      ['--network=gaugan', '--output=out', '--input=a', '--image_size=2'],
      'expected HEIGHTxWIDTH',
    ),
    (['--network=vgg19', '--output=out', '--input=a.pth'], 'a.pth is no file'),
    (['--network=vgg19', '--output=.', '--input=a.pth'], '. exists already'),
  ],
)
def test_wrong_flags(arguments, message, tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  with pytest.raises(InputError) as error:
    run(*arguments)
  assert message in str(error.value)
  assert not list(tmp_path.iterdir())


def test_a_download_is_imported(tmp_path, monkeypatch):
  asked = []

  def fetch(file, folder):
    asked.append((file, folder))
    path = tmp_path / 'vgg.npz'
    np.savez(path, **recipe.state_dict('vgg19'))
    return path

  monkeypatch.setattr(download, 'fetch', fetch)
  output = tmp_path / 'out'
  run('--network=vgg19', '--download', f'--output={output}', '--cache=here')
  assert asked == [(public_files.FILES['vgg19'], 'here')]
  assert (output / 'weights.json').exists()
