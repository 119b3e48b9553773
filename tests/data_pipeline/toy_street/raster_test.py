import numpy as np
import pytest

from data_pipeline.toy_street import perspective, raster

RED, BLUE = (1.0, 0.0, 0.0), (0.0, 0.0, 1.0)


def test_polygon_covers_the_pixels_inside_it():
  canvas = raster.Canvas(8)
  # Pixels are 1/8: rows 2..3, columns 4..6.
  canvas.fill(raster.rectangle(0.5, 0.25, 0.875, 0.5), RED, 26007)
  expected = np.zeros((8, 16), np.uint16)
  expected[2:4, 4:7] = 26007
  np.testing.assert_array_equal(canvas.ids(), expected)
  np.testing.assert_array_equal(
    canvas.image(), np.where(expected[..., None], [255, 0, 0], 0)
  )


def test_direction_of_the_corners_does_not_matter():
  points = np.array([[0.1, 0.2], [0.9, 0.1], [1.5, 0.6], [0.7, 0.9]])
  images = []
  for order in (points, points[::-1], np.roll(points, 2, 0)):
    canvas = raster.Canvas(32)
    canvas.fill(order, RED, 1)
    images.append(canvas.ids())
  np.testing.assert_array_equal(images[0], images[1])
  np.testing.assert_array_equal(images[0], images[2])
  # Half the sum of x_i * y_(i+1) - x_(i+1) * y_i:
  # (-0.17 + 0.39 + 0.93 + 0.05) / 2 = 0.6.
  assert images[0].mean() * 2 == pytest.approx(0.6, abs=0.01)


def test_edge_is_the_mean_of_its_samples():
  canvas = raster.Canvas(2)
  # Of the first pixel's 3 x 3 samples, two in the first column: 2 / 9 of 255
  # is 56.7. The pixel's center is not covered.
  canvas.fill(raster.rectangle(0.0, 0.0, 1 / 6, 1 / 3), RED, 5)
  assert canvas.image()[:, :, 0].tolist() == [[57, 0, 0, 0], [0, 0, 0, 0]]
  assert canvas.ids().max() == 0


def test_later_shapes_cover_earlier_ones():
  canvas = raster.Canvas(4)
  canvas.fill(raster.rectangle(0.0, 0.0, 2.0, 1.0), RED, 1)
  canvas.fill(raster.rectangle(1.0, 0.0, 2.0, 1.0), BLUE, 2)
  assert canvas.ids().tolist() == [[1] * 4 + [2] * 4] * 4
  assert canvas.image()[0, 0].tolist() == [255, 0, 0]
  assert canvas.image()[0, 7].tolist() == [0, 0, 255]


def test_shadow_keeps_the_ids_below():
  canvas = raster.Canvas(4)
  canvas.fill(raster.rectangle(0.0, 0.0, 2.0, 1.0), RED, 33001)
  canvas.fill(raster.rectangle(0.0, 0.0, 1.0, 1.0), BLUE, None)
  assert canvas.ids().tolist() == [[33001] * 8] * 4
  assert canvas.image()[0, 0].tolist() == [0, 0, 255]


def test_shapes_outside_change_nothing():
  canvas = raster.Canvas(8)
  for x, y in ((-3.0, 0.5), (5.0, 0.5), (1.0, -3.0), (1.0, 4.0)):
    canvas.fill(raster.disc(x, y, 0.5), RED, 1)
    canvas.fill_ellipse((x, y, 0.5, 0.5), RED, 1)
    canvas.shade((x - 0.5, y - 0.5, x + 0.5, y + 0.5), None, 1)
  canvas.fill(np.array([[0.1, 0.5], [0.9, 0.5], [0.5, 0.5]]), RED, 1)
  assert canvas.ids().max() == 0
  assert canvas.image().max() == 0


def test_shapes_may_reach_over_every_border():
  canvas = raster.Canvas(8)
  canvas.fill(raster.rectangle(-9.0, -9.0, 9.0, 9.0), RED, 1)
  assert canvas.ids().min() == 1
  canvas.fill_ellipse((1.0, 0.5, 9.0, 9.0), RED, 2)
  assert canvas.ids().min() == 2


def test_gradient_runs_from_top_to_bottom():
  canvas = raster.Canvas(4)
  canvas.fill(raster.rectangle(0.0, 0.0, 2.0, 1.0), (0, 0, 0), 1, (1, 1, 1))
  # 12 sample rows with levels 0, 1/11, .., 1: the rows of pixels have the
  # means 1/11, 4/11, 7/11 and 10/11.
  levels = canvas.image()[:, 3, 1] / 255
  np.testing.assert_allclose(levels, [1 / 11, 4 / 11, 7 / 11, 10 / 11], 0.03)


def test_ellipse_has_its_area():
  canvas = raster.Canvas(64)
  canvas.fill_ellipse((1.0, 0.5, 0.8, 0.4), RED, 9)
  assert (canvas.ids() == 9).mean() * 2 == pytest.approx(np.pi * 0.32, rel=0.01)


def test_shader_gets_the_positions_of_the_samples():
  canvas = raster.Canvas(4)

  def shader(x, y):
    palette = np.broadcast_to(np.array([RED, BLUE])[:, None], (2, len(x), 3))
    return palette, np.where(y < 0.5, (x > 1.0).astype(int), -1)

  canvas.shade((0.0, 0.0, 2.0, 1.0), shader, 3)
  assert canvas.ids().tolist() == [[3] * 8] * 2 + [[0] * 8] * 2
  assert canvas.image()[0, 3].tolist() == [255, 0, 0]
  assert canvas.image()[1, 4].tolist() == [0, 0, 255]


def test_parallels_meet_and_billboards_stand_on_the_ground():
  camera = perspective.Camera(focal=2.0, height=1.5, horizon=0.4, center=1.1)
  far = camera.project(np.array([[-3.0, 0.0, 1e9], [3.0, 9.0, 1e9]]))
  np.testing.assert_allclose(far, [[1.1, 0.4], [1.1, 0.4]], atol=1e-6)
  # 2 / 10 of an image height for each meter at Z 10.
  foot = camera.project(np.array([1.0, 0.0, 10.0]))
  np.testing.assert_allclose(foot, [1.1 + 0.2, 0.4 + 0.3])
  board = camera.billboard(np.array([[0.0, 0.0], [0.5, 2.0]]), 1.0, 10.0)
  np.testing.assert_allclose(board, [foot, foot + (0.1, -0.4)])
