import numpy as np
import pytest
from PIL import Image

from data_pipeline import labels_file, toy_street
from data_pipeline.cityscapes import labels
from data_pipeline.errors import InputError
from instgan_jax.evaluation import confusion, miou

ROAD, SIDEWALK, CAR, GROUND = 7, 8, 26, 6


def scores_of(*pairs):
  """Scores of (true, predicted, pixels)."""
  matrix = np.zeros((34, 34), np.int64)
  for true, predicted, num_pixels in pairs:
    matrix[true, predicted] += num_pixels
  return miou.scores(matrix, labels.TABLE)


def test_the_19_classes_stand_by_train_id():
  assert [label.id for label in labels.TABLE.evaluated] == [
    *(7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32),
    33,
  ]


def test_scores_by_hand():
  found = scores_of(
    (ROAD, ROAD, 6),
    (ROAD, SIDEWALK, 2),
    (SIDEWALK, SIDEWALK, 3),
    (SIDEWALK, ROAD, 1),
    # A miss of the road; nobody's false positive.
    (ROAD, GROUND, 1),
    # The true label is ignored: dropped, whatever it was called.
    (GROUND, SIDEWALK, 5),
    (GROUND, GROUND, 2),
  )
  # Road: tp 6, fn 2 + 1, fp 1. Sidewalk: tp 3, fn 1, fp 2.
  assert found.class_iou['road'] == pytest.approx(6 / 10)
  assert found.class_iou['sidewalk'] == pytest.approx(3 / 6)
  assert np.isnan(found.class_iou['car'])
  assert found.mean_iou == pytest.approx((0.6 + 0.5) / 2)
  assert found.num_classes == 2
  # Right: 9 of 13 valid pixels, of 20 in all.
  assert found.accuracy_valid == pytest.approx(9 / 13)
  assert found.accuracy_all == pytest.approx(9 / 20)
  assert (found.num_pixels_valid, found.num_pixels) == (13, 20)
  assert found.class_pixels['road'] == 9 and found.class_pixels['car'] == 0


def test_a_class_that_is_only_called_has_an_iou_of_zero():
  found = scores_of((ROAD, ROAD, 1), (ROAD, CAR, 1))
  assert found.class_iou['car'] == 0.0
  assert found.mean_iou == pytest.approx((0.5 + 0.0) / 2)


def test_nothing_to_score_is_refused():
  with pytest.raises(InputError, match='None of the 3 true pixels'):
    scores_of((GROUND, ROAD, 3))


def test_the_table_has_every_class_and_a_dash_for_absent_ones():
  generated = scores_of((ROAD, ROAD, 3), (ROAD, SIDEWALK, 1))
  real = scores_of((ROAD, ROAD, 4))
  lines = miou.table({'generated': generated, 'real': real}).split('\n')
  cells = [
    [cell.strip() for cell in line.strip('|').split('|')] for line in lines
  ]
  assert cells[0] == ['class', 'pixels', 'generated', 'real']
  assert cells[2] == ['road', '100.00', '75.0', '100.0']
  assert cells[3] == ['sidewalk', '0.00', '0.0', '-']
  assert cells[-3] == ['mean IoU', '', '37.5', '100.0']
  assert len(cells) == 2 + 19 + 3
  assert len({len(line) for line in lines}) == 1


def perturbed(label_map, rng):
  """A wrong prediction: moved, with noise, and with ignored labels."""
  predicted = np.roll(label_map, (1, -2), axis=(0, 1))
  noise = rng.integers(0, 34, label_map.shape, np.uint8)
  return np.where(rng.random(label_map.shape) < 0.1, noise, predicted)


def test_equals_cityscapes_own_evaluation(tmp_path):
  evaluation = pytest.importorskip(
    'cityscapesscripts.evaluation.evalPixelLevelSemanticLabeling',
    reason='cityscapesScripts is not installed',
  )
  rng = np.random.default_rng(0)
  counted = confusion.Confusion(labels.TABLE)
  paths = {'predicted': [], 'labelIds': []}
  for i in range(3):
    true = toy_street.generate_scene(i, height=64).label_map
    maps = {'predicted': perturbed(true, rng), 'labelIds': true}
    counted.update(true, maps['predicted'])
    for kind, label_map in maps.items():
      paths[kind].append(str(tmp_path / f'{i}_{kind}.png'))
      Image.fromarray(label_map).save(paths[kind][-1])
  args = evaluation.args
  args.evalInstLevelScore, args.JSONOutput, args.quiet = False, False, True
  expected = evaluation.evaluateImgLists(*paths.values(), args)
  found = miou.scores(counted.matrix, labels.TABLE)
  np.testing.assert_array_equal(counted.matrix, expected['confMatrix'])
  for name, iou in found.class_iou.items():
    assert iou == pytest.approx(
      expected['classScores'][name], abs=1e-12, nan_ok=True
    )
  assert found.mean_iou == pytest.approx(
    expected['averageScoreClasses'], abs=1e-12
  )


def test_classes_of_another_table_are_scored():
  table = labels_file.parse(
    '{"labels": [{"id": 1, "name": "a"}, {"id": 9, "name": "b"},'
    ' {"id": 255, "name": "void", "ignore_in_eval": true}]}',
    'labels.json',
  )
  counted = confusion.Confusion(table)
  counted.update(np.array([[1, 1, 9, 255]]), np.array([[1, 9, 9, 9]]))
  found = miou.scores(counted.matrix, table)
  # a: 1 of 2; b: 1 of 2, for the ignored pixel does not count.
  assert found.class_iou == {'a': 0.5, 'b': 0.5}
  assert (found.accuracy_valid, found.accuracy_all) == (2 / 3, 0.5)
