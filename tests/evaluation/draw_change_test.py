import numpy as np
import pytest

from instgan_jax.evaluation import draw_change


def test_mean_change_inside_and_outside_instances():
  instance_maps = np.array([[[0, 0, 1, 2]]])
  a = np.zeros((1, 1, 4, 3), np.uint8)
  b = a.copy()
  b[0, 0, 0] = 51  # Outside: (.2 + 0) / 2 = .1.
  b[0, 0, 2] = 255  # Inside: (1 + 0) / 2 = .5.
  change = draw_change.draw_change(a, b, instance_maps)
  assert change.outside == pytest.approx(0.1)
  assert change.inside == pytest.approx(0.5)
  assert change.ratio == pytest.approx(5.0)
  assert draw_change.draw_change(b, a, instance_maps) == change


def test_without_instances_the_inside_is_nan():
  image = np.zeros((1, 1, 4, 3), np.uint8)
  change = draw_change.draw_change(image, image, np.zeros((1, 1, 4)))
  assert np.isnan(change.inside) and change.outside == 0.0
