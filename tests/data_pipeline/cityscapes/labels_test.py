import pytest

from data_pipeline.cityscapes import labels

TABLE = labels.TABLE


def test_rows_stand_at_their_id():
  assert [label.id for label in TABLE.labels] == list(range(34))
  assert len({label.name for label in TABLE.labels}) == 34
  assert TABLE.num_labels == 35  # GauGAN's.


def test_benchmark_has_nineteen_consecutive_train_ids():
  scored = [label for label in TABLE.labels if not label.ignore_in_eval]
  assert [label.train_id for label in scored] == list(range(19))
  assert TABLE.evaluated == tuple(scored)
  others = [label for label in TABLE.labels if label.ignore_in_eval]
  assert {label.train_id for label in others} == {255}
  assert TABLE.train_ids[[7, 8, 26, 33, 34]].tolist() == [0, 1, 13, 18, 255]
  assert (TABLE.train_ids != 255).sum() == 19


def test_objects_are_persons_to_bicycles():
  assert [label.id for label in TABLE.things] == list(range(24, 34))
  # Caravan and trailer have instances, and are ignored all the same.
  unscored = [label.name for label in TABLE.things if label.ignore_in_eval]
  assert unscored == ['caravan', 'trailer']


def test_every_scored_class_has_its_own_color():
  assert len({label.color for label in TABLE.evaluated}) == 19


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
def test_ids_and_official_colors(name, expected, color):
  assert TABLE.named(name).id == expected
  assert tuple(TABLE.colors[expected]) == color
