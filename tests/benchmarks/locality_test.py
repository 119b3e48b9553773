"""The benchmark of locality counts every pixel's change once."""

import argparse

import numpy as np

from benchmarks import locality
from instgan_jax.inference import Sampler
from tests import tiny


def test_the_zones_part_the_picture():
  inside = np.zeros((7, 12), bool)
  inside[3, 2] = True
  found = locality.zones_of(inside, near=2)
  np.testing.assert_array_equal(sum(z.astype(int) for z in found), 1)
  # Within 2 of a pixel: itself, 4 at 1, 4 at sqrt(2), 4 at 2.
  assert [z.sum() for z in found] == [1, 12, 7 * 12 - 13]
  assert found[1][3, 4] and not found[1][3, 5] and not found[1][5, 3]


def test_every_large_instance_of_the_classes_is_redrawn_alone():
  config = tiny.config('li')
  sampler = Sampler(config, tiny.generator_variables(config))
  label_map = np.full((32, 64), 7)
  label_map[2:10, 3:9], label_map[2:10, 20:30] = 26, 24
  label_map[20:22, 5:7] = 26
  dense = np.zeros((32, 64), int)
  dense[2:10, 3:9], dense[2:10, 20:30], dense[20:22, 5:7] = 1, 2, 3
  maps = sampler.scene(label_map, dense)
  flags = argparse.Namespace(seed=0, near=3, min_area=5, classes='')
  found = list(locality.changes(sampler, maps, flags))
  assert [zones[0].sum() for zones, _ in found] == [48, 80]
  for zones, change in found:
    assert change[zones[0]].mean() > change[zones[2]].mean()
  flags.classes = 'car'
  assert len(list(locality.changes(sampler, maps, flags))) == 1
