"""Every benchmark really runs, at the smallest sizes."""

import importlib
import json
import math
import os
import subprocess
import sys

import pytest

from data_pipeline import toy_street
from tests import own_data, programs

pytestmark = [pytest.mark.slow, pytest.mark.user]

NETWORK = ('--config', 'CONFIG', '--rounds', '2')
PARTS = ('forward', 'gradient', 'iteration')
METHODS = ('L', 'L+I', 'L+I+P')
# Name -> flags, cases, figures of the last case.
RUNS = {
  'train_step': (
    (*NETWORK, '--no-torch', '--no-memory', '--methods', 'L,L dense'),
    [
      'matrix product',
      *(f'{name} {part}' for name in ('L', 'L dense') for part in PARTS),
    ],
    {'images_per_second', 'tflops', 'mfu', 'times_L'},
  ),
  'sampler': (
    NETWORK,
    [f'{m} {kind}' for m in METHODS for kind in ('latency', 'throughput')],
    {'images_per_second', 'times_latency'},
  ),
  'instances': (
    # 4 x 32 x 64 pixels, 300 instances of 128 values: more than 0.1 GiB.
    (*NETWORK, '--counts', '3,300', '--max_gib', '0.1'),
    [
      *(f'{name}, 3 instances' for name in ('lookup', 'lookup gradient')),
      *(f'masked sum{kind}, 3 instances' for kind in ('', ' gradient')),
      'generator gradient, 3 instances',
      *(f'lookup{kind}, 300 instances' for kind in ('', ' gradient')),
      'generator gradient, 300 instances',
    ],
    {'temp_MiB', 'times_first'},
  ),
  'scaling': (
    (*NETWORK, '--batch_sizes', '4', '--heights', '32'),
    ['matrix product', '32x64, batch 4'],
    {'images_per_second', 'megapixels_per_second', 'mfu'},
  ),
  'pipeline': (
    ('--rounds', '2', '--num_scenes', '5', '--batch_size', '2')
    + ('--height', '32'),
    ['toy_street', 'folder', 'tfds', 'npz'],
    {'first_epoch', 'images_per_second', 'images_per_core_second'},
  ),
  'metrics': (
    ('--rounds', '2', '--num_images', '20', '--num_features', '8')
    + ('--height', '32'),
    ['FID', 'FID by sqrtm', 'mIoU', 'MICV'],
    {'images_per_second'},
  ),
}


@pytest.fixture
def config(tmp_path):
  """The path of a narrow configuration."""
  path = tmp_path / 'narrow.py'
  path.write_text(
    'from tests import tiny\n\n\ndef get_config():\n  return tiny.config()\n'
  )
  return str(path)


@pytest.fixture
def run(config, tmp_path, monkeypatch):
  """Runs a benchmark with flags; returns its lines."""

  def run(name, flags):
    flags = [config if flag == 'CONFIG' else flag for flag in flags]
    output = tmp_path / 'results' / 'lines.jsonl'
    argv = [name, *flags, '--output', str(output)]
    monkeypatch.setattr(sys, 'argv', argv)
    importlib.import_module(f'benchmarks.{name}').main()
    return [json.loads(line) for line in output.read_text().splitlines()]

  return run


@pytest.mark.parametrize('name', RUNS)
def test_a_line_for_each_case(name, run, capsys):
  flags, cases, figures = RUNS[name]
  lines = run(name, flags)
  assert [line['case'] for line in lines] == cases
  assert lines[-1]['figures'].keys() == figures
  for line in lines:
    assert line['benchmark'] == name and line['num_rounds'] == 2
    assert 0 < line['ms_p10'] <= line['ms_median'] <= line['ms_p90']
    assert all(map(math.isfinite, line['figures'].values())), line
  printed = capsys.readouterr().out.splitlines()
  assert [json.loads(line) for line in printed if '"case"' in line] == lines


@pytest.mark.parametrize('methods', ['L+I', 'L,X', 'L,L sparse'])
def test_methods_that_do_not_exist_are_refused(methods, run, capsys):
  with pytest.raises(SystemExit):
    run('train_step', (*NETWORK, '--no-torch', '--methods', methods))
  assert f'--methods {"is L+I" if methods == "L+I" else "has"}' in (
    capsys.readouterr().err
  )


def test_scenes_of_a_folder(run, tmp_path, monkeypatch):
  folder = tmp_path / 'streets'
  scenes = toy_street.ToyStreet(4, height=32)
  own_data.write_photo_folder(folder, 'train', scenes)
  monkeypatch.setattr(toy_street, 'ToyStreet', None)
  flags = ('--no-torch', '--no-memory', '--methods', 'L', '--folder', folder)
  lines = run('train_step', (*NETWORK, *map(str, flags)))
  assert {line['setting'].split(', ')[-1] for line in lines} == {'streets'}


def test_the_peak_of_one_case(config):
  # In a process of its own: in this one other tests would give memory back.
  words = ('--config', config, '--no-torch', '--peak_of', 'L iteration')
  done = subprocess.run(
    [sys.executable, '-m', 'benchmarks.train_step', *words],
    cwd=programs.ROOT,
    env={**os.environ, 'PYTHONPATH': '.'},
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  (line,) = done.stdout.splitlines()  # It has no line of its own.
  assert 0 <= json.loads(line)['peak_GiB'] < 10
