"""Procedural street scenes: a pure function of a seed, rendered with numpy.

They follow the statistics of Cityscapes (class fractions, sizes that grow
from the horizon downward, over-dispersed counts, occlusion, groups) and its
encoding of labels and instances. The colors of objects are sampled
independently of the maps, so a model cannot infer them from the maps.

  source = toy_street.ToyStreet(1000, height=64)
  scene = source.read(0)

As a program, it writes scenes in the folder layout of Cityscapes:

  python -m data_pipeline.toy_street --output DIR --num_train 1000 \\
    --num_val 100 --height 256
"""

from data_pipeline.toy_street.source import CITY, ToyStreet, generate_scene

__all__ = ('CITY', 'ToyStreet', 'generate_scene')
