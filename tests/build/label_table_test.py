"""A configuration keeps the classes of its data."""

import dataclasses
import json

import pytest

from data_pipeline import labels_file
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError
from instgan_jax.build import data, label_table
from instgan_jax.checkpoints import manager, run_config
from tests import tiny

TABLE = labels_file.from_json(
  {
    'labels': [
      {'id': 0, 'name': 'ground'},
      {'id': 7, 'name': 'dog', 'has_instances': True},
      {'id': 255, 'name': 'void', 'ignore_in_eval': True},
    ]
  },
  'labels.json',
)


def test_the_table_is_in_the_configuration_of_a_run(tmp_path):
  config = label_table.with_table(tiny.config(), TABLE)
  assert config.model.num_labels == 8
  run_config.save(tmp_path, config)
  assert label_table.of(run_config.load(tmp_path)) == TABLE
  saved = json.loads((tmp_path / 'config.json').read_text())
  assert saved['labels']['7']['name'] == 'dog'


def test_without_a_table_the_classes_are_those_of_cityscapes():
  config = tiny.config()
  assert label_table.of(config) == cityscapes_labels.TABLE
  # Of imported weights nobody knows them.
  config.model.num_labels = 151
  assert label_table.of(config).named('label 150').has_instances


def test_cityscapes_may_have_more_channels_and_not_fewer():
  config = data.with_label_table(tiny.config(model__num_labels=40))
  assert config.model.num_labels == label_table.of(config).num_labels == 40
  with pytest.raises(InputError, match='num_labels is 34, the data have 35'):
    data.with_label_table(tiny.config(model__num_labels=34))


def test_a_segmenter_has_the_classes_of_its_data():
  config = label_table.with_table(tiny.segmenter_config(), TABLE)
  assert label_table.of(config).evaluated == TABLE.evaluated


def test_runs_that_are_older_continue(tmp_path, monkeypatch):
  config = tiny.config()
  run_config.save(tmp_path, config)  # Without any classes.
  monkeypatch.setattr(manager, 'saved_steps', lambda workdir: [2])
  assert not run_config.check(tmp_path, data.with_label_table(config))
  with pytest.raises(InputError, match=r'labels\.0\.name: unlabeled there'):
    run_config.check(tmp_path, label_table.with_table(config, TABLE))


def test_data_of_other_classes_are_refused():
  config = label_table.with_table(tiny.config(), TABLE)
  with pytest.raises(
    InputError,
    match=r'toy_street have other classes than the run .* 0 is .*unlabeled'
    r'.* there and .*ground.* in the run',
  ) as error:
    data.source(config, 'val')
  assert '\n' not in str(error.value)


def test_colors_may_change(tmp_path, monkeypatch):
  white = TABLE.labels[0]._replace(color=(255, 255, 255))
  other = dataclasses.replace(TABLE, labels=(white, *TABLE.labels[1:]))
  label_table.check_same(other, TABLE, 'data')
  run_config.save(tmp_path, label_table.with_table(tiny.config(), TABLE))
  monkeypatch.setattr(manager, 'saved_steps', lambda workdir: [2])
  assert not run_config.check(
    tmp_path, label_table.with_table(tiny.config(), other)
  )
