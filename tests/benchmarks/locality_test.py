"""The benchmark of locality counts every pixel's change once."""

import argparse

import numpy as np
import pytest

from benchmarks import locality
from instgan_jax.inference import Sampler
from tests import tiny

pytestmark = pytest.mark.slow


def test_the_zones_divide_the_image():
  inside = np.zeros((7, 12), bool)
  inside[3, 2] = True
  zones = locality.zones_of(inside, near=2)
  np.testing.assert_array_equal(sum(z.astype(int) for z in zones), 1)
  # Within 2 of a pixel: itself, 4 at 1, 4 at sqrt(2), 4 at 2.
  assert [z.sum() for z in zones] == [1, 12, 7 * 12 - 13]
  assert zones[1][3, 4] and not zones[1][3, 5] and not zones[1][5, 3]


def test_every_large_instance_of_the_classes_is_resampled_alone():
  config = tiny.config('li')
  sampler = Sampler(config, tiny.generator_variables(config))
  label_map = np.full((32, 64), 7)
  label_map[2:10, 3:9], label_map[2:10, 20:30] = 26, 24
  label_map[20:22, 5:7] = 26
  dense = np.zeros((32, 64), int)
  dense[2:10, 3:9], dense[2:10, 20:30], dense[20:22, 5:7] = 1, 2, 3
  scene = sampler.scene(label_map, dense, name='street')
  flags = argparse.Namespace(seed=0, near=3, min_area=5, classes='')
  changes = list(locality.changes(sampler, scene, flags))
  assert [zones[0].sum() for zones, _ in changes] == [48, 80]
  for zones, change in changes:
    assert change[zones[0]].mean() > change[zones[2]].mean()
  flags.classes = 'car'
  assert len(list(locality.changes(sampler, scene, flags))) == 1


def test_the_table_has_a_row_for_each_run_and_the_pixels():
  even = dict(zip(locality.ZONES, (0.01, 0.09, 0.9), strict=True))
  row = {
    'method': 'L+I',
    'share': dict(zip(locality.ZONES, (0.5, 0.3, 0.2), strict=True)),
    'deviation': even,
    'share_of_pixels': even,
    'mean_change_inside': 46.14,
  }
  assert locality.table([row], near=8).splitlines() == [
    '| | inside | within 8 pixels | farther | change inside |',
    '|---|---|---|---|---|',
    '| L+I | 50.0% ± 1.0% | 30.0% ± 9.0% | 20.0% ± 90.0% | 46.1 levels |',
    '| share of the pixels | 1.0% | 9.0% | 90.0% | |',
  ]
