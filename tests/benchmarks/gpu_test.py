"""One command takes the figures of a GPU, and says if there is none."""

import importlib.util
import pathlib
import sys

import pytest

from benchmarks import gpu
from data_pipeline.errors import InputError

ROOT = pathlib.Path(__file__).parent.parent.parent


def test_commands_name_benchmarks_configurations_and_files_of_their_own():
  commands = gpu.commands('NVIDIA H200')
  outputs = [c[c.index('--output') + 1] for c in commands if '--output' in c]
  assert len(set(outputs)) == len(outputs) == len(commands) - 1
  assert all(o.startswith('benchmarks/results/nvidia_h200_') for o in outputs)
  for command in commands:
    assert importlib.util.find_spec(command[2]), command
    for word in command:
      assert not word.endswith('.py') or (ROOT / word).exists()


def test_a_dry_run_prints_the_commands(monkeypatch, capsys):
  monkeypatch.setattr(sys, 'argv', ['gpu', '--dry_run'])
  gpu.main()
  lines = capsys.readouterr().out.splitlines()
  assert len(lines) == len(gpu.commands('cpu'))
  assert lines[-1] == 'python -m benchmarks.table'


def test_without_a_gpu(monkeypatch):
  monkeypatch.setattr(sys, 'argv', ['gpu'])
  with pytest.raises(InputError, match='No GPU is there, JAX found cpu'):
    gpu.main()
