"""The benchmark of augmentation trains on what it says, each run once."""

import re

import numpy as np
import pytest

from benchmarks import augmentation, joined
from data_pipeline import in_memory, toy_street
from instgan_jax.commands import train, train_segmenter

pytestmark = [pytest.mark.slow, pytest.mark.user]

CONFIG = """from tests import tiny


def get_config():
  return tiny.{}
"""


def run(folder, monkeypatch, capsys):
  words = ['--workdir', folder / 'runs', '--num_steps', 1, '--variants', 2]
  words += ['--num_few', 2, '--num_many', 5, '--num_val', 4, '--seeds', 1]
  words += ['--oversample', 'car=2']
  for name, made in (
    ('generator', "config('lip')"),
    ('segmenter', 'segmenter_config()'),
  ):
    (folder / f'{name}.py').write_text(CONFIG.format(made))
    words += [f'--{name}', folder / f'{name}.py']
  monkeypatch.setattr('sys.argv', ['augmentation', *map(str, words)])
  augmentation.main()
  return capsys.readouterr().out


def test_few_scenes_generated_ones_and_many(tmp_path, monkeypatch, capsys):
  text = run(tmp_path, monkeypatch, capsys)
  few, mixed, many = (
    in_memory.InMemory.from_npz(tmp_path / f'runs/data/{name}/train.npz')
    for name in ('few', 'few_and_generated', 'many')
  )
  assert (len(few), len(many)) == (2, 5)
  np.testing.assert_array_equal(few.images, many.images[:2])
  # Half of the scenes are the few; the others have their maps.
  half = len(mixed) // 2
  for i in range(len(mixed)):
    scene = mixed.read(i)
    real = few.read(i % 2 if i < half else (i - half) // 4)
    assert (scene.image == real.image).all() == (i < half)
    np.testing.assert_array_equal(scene.label_map, real.label_map)
  table = text[text.index('| | few |') :].splitlines()
  assert table[0] == '| | few | few and generated | many |'
  assert re.fullmatch(r'\| all classes( \| \d+\.\d){3} \|', table[2])
  # Again: nothing is trained.
  for module in (train, train_segmenter):
    monkeypatch.setattr(module.loop, 'train', lambda _: pytest.fail('trained'))
  assert run(tmp_path, monkeypatch, capsys).endswith('\n'.join(table) + '\n')


def test_the_table_has_means_and_deviations():
  rows = {
    'few': [{'all classes': 0.25, 'road': 0.9}],
    'many': [{'all classes': 0.5, 'road': 0.9}] * 2,
  }
  assert augmentation.table(rows).splitlines() == [
    '| | few | many |',
    '|---|---|---|',
    '| all classes | 25.0 | 50.0 ± 0.0 |',
    '| road | 90.0 | 90.0 ± 0.0 |',
  ]


def test_sources_follow_each_other():
  first = toy_street.ToyStreet(2, height=32)
  second = toy_street.ToyStreet(3, height=32, split='val')
  both = joined.Joined([first, second, first])
  assert len(both) == 7
  assert both.image_ids == first.image_ids + second.image_ids + first.image_ids
  np.testing.assert_array_equal(both.read(3).image, second.read(1).image)
