"""The experiment makes every run once, and one table of all."""

import dataclasses
import json

import jax
import numpy as np
import pytest
from PIL import Image

from data_pipeline import labels_file, toy_street
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.build import data, gan, methods
from instgan_jax.checkpoints import manager, run_config
from instgan_jax.commands import reproduce as reproduce_command
from instgan_jax.commands import train
from instgan_jax.evaluation import evaluation
from instgan_jax.evaluation import options as options_lib
from tests import commands_in_process, own_data, tiny

pytestmark = pytest.mark.slow


@pytest.fixture
def trained(monkeypatch):
  """What was trained; training gives weights of 0.1."""
  runs = []

  def run(config, workdir):
    runs.append((workdir.name, methods.name(config), config.seed))
    networks = gan.networks(config)
    state = jax.tree.map(
      lambda leaf: np.full(leaf.shape, 0.1, leaf.dtype),
      gan.abstract_state(config, networks, gan.optimizers(config, 6)),
    )
    workdir.mkdir(parents=True, exist_ok=True)
    run_config.save(workdir, config)
    with manager.Checkpoints(workdir) as checkpoints:
      checkpoints.save(config.num_steps, state)
      checkpoints.wait()

  monkeypatch.setattr(train, 'run', run)
  return runs


def reproduce(workdir, num_seeds=1, rows=None, **changes):
  options = options_lib.complete(
    options_lib.Options(metrics=('micv',), cache=str(workdir / 'cache'))
  )
  config = tiny.config('li', **changes)
  return reproduce_command.run(
    rows or reproduce_command.of_methods(config),
    workdir,
    num_seeds=num_seeds,
    options=options,
  )


def test_every_method_and_seed_once_and_of_one_configuration(
  tmp_path, trained, monkeypatch
):
  text = reproduce(tmp_path)
  assert trained == [
    ('l_seed0', 'L', 0),
    ('li_seed0', 'L+I', 0),
    ('lip_seed0', 'L+I+P', 0),
  ]
  assert text.startswith('| | MICV car | MICV person |')
  assert [line.split(' |')[0] for line in text.splitlines()[2:6]] == [
    '| L',
    '| L+I',
    '| L+I+P',
    '| real images',
  ]
  assert (tmp_path / 'table1.md').read_text().strip() in text
  table = json.loads((tmp_path / 'table1.json').read_text())
  assert set(table['table']) == {'L', 'L+I', 'L+I+P', 'real images'}
  with Image.open(tmp_path / 'figure7.png') as figure:
    assert figure.width > 6 * 300  # Six columns.

  # Again: nothing is trained or evaluated.
  monkeypatch.setattr(
    evaluation.Evaluation, 'run', lambda *_: pytest.fail('evaluated again')
  )
  assert reproduce(tmp_path) == text
  assert len(trained) == 3
  with pytest.raises(InputError, match='g_learning_rate'):
    reproduce(tmp_path, g_learning_rate=0.5)


def test_the_data_are_the_same_for_every_seed(tmp_path):
  config = tiny.config('lip')
  a, b = (
    data.source(reproduce_command.with_seed(config, seed), 'train').read(0)
    for seed in (0, 1)
  )
  assert (a.image == b.image).all()


def test_at_least_one_seed(tmp_path):
  with pytest.raises(InputError, match='--seeds is 0'):
    reproduce(tmp_path, num_seeds=0)


def test_any_configuration_is_a_row(tmp_path, trained):
  config = tiny.config('l', discriminator__augmentation='color')
  text = reproduce(tmp_path, rows={'l-color': config})
  assert trained == [('l-color_seed0', 'L', 0)]
  assert '| l-color |' in text and 'in the paper' not in text
  saved = run_config.load(tmp_path / 'l-color_seed0')
  assert saved.discriminator.augmentation == 'color'


def test_rows_need_no_configuration_beside_them(tmp_path, monkeypatch):
  given = []
  monkeypatch.setattr(
    reproduce_command, 'run', lambda rows, *_, **__: given.append(rows)
  )
  module, workdir = 'instgan_jax.reproduce', f'--workdir={tmp_path}'
  words = ['--config.num_steps=7', '--row', 'a=toy_street:l']
  commands_in_process.run(module, workdir, *words, '--row=b=toy_street seed=3')
  (rows,) = given
  assert [methods.name(config) for config in rows.values()] == ['L', 'L+I+P']
  assert [config.num_steps for config in rows.values()] == [7, 7]
  assert rows['b'].seed == 3
  for wrong, message in (
    ([], '--config is needed'),
    (['--row=a', '--config.num_steps=7'], "--row has 'a', expected NAME="),
    (['--row=a=nowhere.py'], "'nowhere.py': there is no such file"),
  ):
    with pytest.raises(InputError, match=message):
      commands_in_process.run(module, workdir, *wrong)


def test_rows_may_learn_from_different_data(tmp_path, trained, monkeypatch):
  half = {'data__instance_share': 0.5}
  rows = {
    'left_out': {**half, 'data__without_instance_map': 'left_out'},
    'fewer': {'data__num_train': 2, 'data__num_val': 1},
    'components': {**half, 'data__without_instance_map': 'components'},
  }
  rows = {name: tiny.config('li', **changes) for name, changes in rows.items()}
  reproduce(tmp_path, rows=rows)
  counted = {
    name: json.loads((tmp_path / f'{name}_seed0/evaluation.json').read_text())
    for name in rows
  }
  assert [each['protocol']['num_scenes'] for each in counted.values()] == [
    4
  ] * 3
  real = [each['metrics']['micv_car']['real'] for each in counted.values()]
  assert len(set(real)) == 1


def test_rows_of_other_classes_are_refused(tmp_path):
  own_data.write_photo_folder(
    tmp_path / 'data', 'train', toy_street.ToyStreet(2, height=32)
  )
  first, *others = labels.TABLE.labels
  table = dataclasses.replace(
    labels.TABLE, labels=(first._replace(name='dragon'), *others)
  )
  labels_file.save(tmp_path / 'data' / 'labels.json', table)
  rows = {
    'L': tiny.config('l'),
    'own': tiny.config(
      'l', data__source='folder', data__path=str(tmp_path / 'data')
    ),
  }
  with pytest.raises(InputError, match='data in the row own have other class'):
    reproduce(tmp_path, rows=rows)


@pytest.mark.parametrize(
  ('rows', 'message'),
  [
    ({'L': {}, 'a/b': {}}, "row 'a/b' is to name a folder"),
    ({'L+I': {}, 'li': {}}, r'L\+I and li would have the same folder'),
    (
      {'L': {}, 'wide': {'data__height': 64, 'data__width': 128}},
      'The row wide is of 64x128, but all rows .* of L, of 32x64',
    ),
    ({'L': {'ema_decay': 2.0}}, r'ema_decay is 2\.0'),
  ],
)
def test_rows_that_do_not_go_together_are_refused(tmp_path, rows, message):
  rows = {name: tiny.config('l', **changes) for name, changes in rows.items()}
  with pytest.raises(InputError, match=message):
    reproduce(tmp_path, rows=rows)
