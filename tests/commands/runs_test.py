"""The list of runs: what is there, and what is no run."""

import json

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import manager, run_config
from tests import commands_in_process, tiny


def make_run(folder, method, steps):
  folder.mkdir(parents=True)
  run_config.save(folder, tiny.config(method))
  with manager.Checkpoints(folder) as checkpoints:
    for step in steps:
      checkpoints.save(step, {'x': np.zeros(3)})
    checkpoints.wait()
  lines = [{'step': step, 'g_loss': 1.0} for step in steps]
  lines += [{'step': steps[-1], 'micv_car': 0.1234}]
  text = ''.join(json.dumps(line) + '\n' for line in lines)
  (folder / 'metrics.jsonl').write_text(text + '{"step": 9')


def test_every_run_has_a_line(tmp_path, capsys):
  make_run(tmp_path / 'a', 'l', [2, 4])
  make_run(tmp_path / 'deep' / 'b', 'lip', [6])
  (tmp_path / 'segmenter').mkdir()
  for name in ('config.json', 'metrics.jsonl'):
    (tmp_path / 'segmenter' / name).write_text('{}')
  commands_in_process.run('instgan_jax.runs', tmp_path)
  _, _, *rows = capsys.readouterr().out.splitlines()
  cells = [[cell.strip() for cell in row.split('|')[1:-1]] for row in rows]
  metrics = 'micv_car 0.123'
  assert [row[:-1] for row in cells] == [
    ['a', 'L', '32x64', '4 of 6', '2 4', metrics],
    ['deep/b', 'L+I+P', '32x64', '6 of 6', '6', metrics],
  ]
  assert all(row[-1].endswith(' MB') for row in cells)
  commands_in_process.run('instgan_jax.runs', tmp_path / 'a')
  assert '| a ' in capsys.readouterr().out


def test_a_folder_without_runs_is_named(tmp_path):
  with pytest.raises(InputError, match='has no workdir of instgan_jax.main'):
    commands_in_process.run('instgan_jax.runs', tmp_path)
