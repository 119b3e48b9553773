import numpy as np
import pytest

from data_pipeline import batch, labels


def test_rows_stand_at_their_id():
  assert [label.id for label in labels.LABELS] == list(range(34))
  assert len({label.name for label in labels.LABELS}) == 34


def test_benchmark_has_nineteen_consecutive_train_ids():
  scored = [label for label in labels.LABELS if not label.ignore_in_eval]
  assert [label.train_id for label in scored] == list(range(19))
  assert labels.EVALUATED == tuple(scored)
  others = [label for label in labels.LABELS if label.ignore_in_eval]
  assert {label.train_id for label in others} == {255}


def test_objects_are_persons_to_bicycles():
  assert labels.INSTANCE_LABEL_IDS == tuple(range(24, 34))
  # Caravan and trailer have instances, and are ignored all the same.
  unscored = [
    label.name
    for label in labels.LABELS
    if label.has_instances and label.ignore_in_eval
  ]
  assert unscored == ['caravan', 'trailer']


def test_every_scored_class_has_its_own_color():
  colors = {label.color for label in labels.LABELS if not label.ignore_in_eval}
  assert len(colors) == 19


@pytest.mark.parametrize(
  ('name', 'expected', 'color'),
  [
    ('road', 7, (128, 64, 128)),
    ('sky', 23, (70, 130, 180)),
    ('person', 24, (220, 20, 60)),
    ('car', 26, (0, 0, 142)),
    ('bicycle', 33, (119, 11, 32)),
  ],
)
def test_label_id_and_official_color(name, expected, color):
  assert labels.label_id(name) == expected
  assert tuple(labels.COLORS[expected]) == color


def test_unknown_name_is_an_error():
  with pytest.raises(KeyError, match='cars'):
    labels.label_id('cars')


def test_colorize_paints_every_shape():
  label_map = np.array([[[7, 26]], [[34, 0]]], np.uint8)
  painted = labels.colorize(label_map)
  assert painted.dtype == np.uint8
  expected = [[[[128, 64, 128], [0, 0, 142]]], [[[0, 0, 0], [0, 0, 0]]]]
  np.testing.assert_array_equal(painted, expected)
  assert labels.colorize(np.zeros((0, 4), np.uint8)).shape == (0, 4, 3)


@pytest.mark.parametrize('wrong', [-1, 35, 255])
def test_colorize_refuses_ids_outside_of_the_table(wrong):
  with pytest.raises(ValueError, match=f'{wrong}'):
    labels.colorize(np.array([[7, wrong]], np.int16))


def test_table_matches_the_contract():
  assert labels.COLORS.shape == (batch.NUM_LABELS, 3)
  assert not labels.COLORS.flags.writeable
