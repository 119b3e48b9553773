import numpy as np
import pytest

from data_pipeline import labels
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError

TABLE = cityscapes_labels.TABLE


def test_unknown_name_is_an_error():
  with pytest.raises(KeyError, match='cars'):
    TABLE.named('cars')


def test_colorize_paints_every_shape():
  label_map = np.array([[[7, 26]], [[34, 0]]], np.uint8)
  painted = TABLE.colorize(label_map)
  assert painted.dtype == np.uint8
  expected = [[[[128, 64, 128], [0, 0, 142]]], [[[0, 0, 0], [0, 0, 0]]]]
  np.testing.assert_array_equal(painted, expected)
  assert TABLE.colorize(np.zeros((0, 4), np.uint8)).shape == (0, 4, 3)


@pytest.mark.parametrize('wrong', [-1, 35, 255])
def test_colorize_refuses_ids_outside_of_the_table(wrong):
  with pytest.raises(ValueError, match=f'{wrong}'):
    TABLE.colorize(np.array([[7, wrong]], np.int16))


def test_foreign_ids_are_refused():
  label_map = np.array([[7, 26, 33]])
  TABLE.check_ids(label_map, 'a.png', 'use another.')
  label_map[0, 1:] = 40, 300
  with pytest.raises(
    InputError,
    match=r'^a.png: 2 pixels have label ids that no class has: 40, 300\. '
    r'Expected 0\.\.33; use another\.$',
  ):
    TABLE.check_ids(label_map, 'a.png', 'use another.')


def test_colors_of_classes_without_a_color_differ():
  colors = {labels.distinct_color(i) for i in range(200)}
  assert len(colors) == 200


def test_nameless_labels_may_all_have_instances():
  table = labels.numbered(151)
  assert table.num_labels == len(table.labels) == 151
  assert table.named('label 150') in table.things
