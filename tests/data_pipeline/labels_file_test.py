"""`labels.json`: what a person may write, and what is refused."""

import json

import numpy as np
import pytest

from data_pipeline import labels_file
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError

ROAD = {'id': 3, 'name': 'road'}
CAR = {'id': 8, 'name': 'car', 'has_instances': True}
VOID = {'id': 255, 'name': 'void', 'ignore_in_eval': True}


def parse(*rows, **others):
  content = {'labels': list(rows), **others}
  return labels_file.parse(json.dumps(content), 'labels.json')


def test_ids_and_names_are_enough():
  table = parse(CAR, VOID, ROAD)
  assert [label.name for label in table.labels] == ['road', 'car', 'void']
  assert [label.train_id for label in table.labels] == [0, 1, 255]
  assert [label.name for label in table.things] == ['car']
  assert [label.name for label in table.evaluated] == ['road', 'car']
  assert len({label.color for label in table.labels}) == 3
  # 255 has no channel.
  assert table.num_labels == 9
  np.testing.assert_array_equal(np.flatnonzero(table.is_known), [3, 8, 255])


def test_train_ids_and_colors_can_be_given():
  table = parse(
    ROAD | {'train_id': 1, 'color': [1, 2, 3]}, CAR | {'train_id': 0}
  )
  assert [label.name for label in table.evaluated] == ['car', 'road']
  assert tuple(table.colors[3]) == (1, 2, 3)


@pytest.mark.parametrize(
  'table', [parse(CAR, VOID, ROAD), cityscapes_labels.TABLE]
)
def test_what_is_saved_is_read_again(tmp_path, table):
  labels_file.save(tmp_path / 'labels.json', table)
  assert labels_file.load(tmp_path / 'labels.json') == table


@pytest.mark.parametrize(
  ('text', 'message'),
  [
    ('{', r'is no JSON'),
    ('[]', r'has no list "labels"'),
    ('{"labels": []}', r'has no list "labels"; write'),
    ('{"labels": ["road"]}', r"the label 'road' is no object"),
  ],
)
def test_other_files_are_refused(text, message):
  with pytest.raises(InputError, match=rf'^my.json: {message}'):
    labels_file.parse(text, 'my.json')


@pytest.mark.parametrize(
  ('rows', 'message'),
  [
    ([{'id': 1}], 'needs an id and a name'),
    ([{'id': 1, 'name': ''}], 'needs an id and a name'),
    ([ROAD | {'id': '3'}], 'needs an integer as its id'),
    ([ROAD | {'id': True}], 'needs an integer as its id'),
    ([ROAD | {'id': 256}], r'out of 0\.\.255'),
    ([ROAD | {'colour': [0, 0, 0]}], "has the field 'colour', expected some"),
    ([ROAD | {'color': 'red'}], r'needs \[red, green, blue\]'),
    ([ROAD | {'color': [0, 0, 256]}], r'needs \[red, green, blue\]'),
    ([CAR | {'id': 0}], 'has instances and the id 0'),
    ([VOID | {'ignore_in_eval': False}], 'has the id 255'),
    ([ROAD, CAR | {'id': 3}], 'several labels have the id 3'),
    ([ROAD, CAR | {'name': 'road'}], 'several labels have the name road'),
    ([ROAD | {'train_id': 1}, CAR], r'are \[1\], expected 0\.\.1'),
  ],
)
def test_wrong_rows_are_named(rows, message):
  with pytest.raises(InputError, match=rf'^labels.json: .*{message}') as error:
    parse(*rows)
  assert '\n' not in str(error.value)


def test_too_few_channels_are_refused():
  assert parse(ROAD, num_labels=6).num_labels == 6
  with pytest.raises(InputError, match='num_labels is 3, expected .* 4'):
    parse(ROAD, num_labels=3)


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(InputError, match=r'labels.json: cannot be read \(No'):
    labels_file.load(tmp_path / 'labels.json')
