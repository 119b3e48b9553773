import numpy as np
from PIL import Image

from data_pipeline.cityscapes import labels
from instgan_jax.evaluation import confusion_plot

ROAD, SIDEWALK, CAR, GROUND = 7, 8, 26, 6


def test_rows_are_shares_of_the_true_label():
  matrix = np.zeros((34, 34), np.int64)
  matrix[ROAD, ROAD], matrix[ROAD, SIDEWALK], matrix[ROAD, GROUND] = 6, 3, 1
  matrix[GROUND, ROAD] = 9
  shares = confusion_plot.shares(matrix, labels.TABLE)
  np.testing.assert_allclose(shares[0, [0, 1, 19]], [0.6, 0.3, 0.1])
  assert np.count_nonzero(shares[0]) == 3
  assert np.isnan(shares[1:]).all()


def test_a_wrong_prediction_shows_in_its_cell(tmp_path):
  images = []
  for predicted in (ROAD, CAR):
    matrix = np.diag(np.full(34, 10))
    matrix[ROAD] = 0
    matrix[ROAD, predicted] = 10
    path = tmp_path / 'new' / f'{predicted}.png'
    confusion_plot.save_png(path, matrix, 'toy streets', labels.TABLE)
    images.append(np.asarray(Image.open(path).convert('RGB'), np.int64))
  right, wrong = images
  changed = (right != wrong).any(axis=-1)
  rows, columns = np.nonzero(changed)
  # One row of cells, two of its cells: an eighth of the image at most.
  assert 0 < np.ptp(rows) < right.shape[0] / 8
  assert 0.001 < changed.mean() < 0.02
  # The cell on the diagonal, at the left, paled; the one of cars darkened.
  row = (rows.min() + rows.max()) // 2
  for column, pale, dark in (
    (columns.min() + 8, wrong, right),
    (columns.max() - 8, right, wrong),
  ):
    assert pale[row, column].min() > 240 > 120 > dark[row, column].min()
