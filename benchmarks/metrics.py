"""Time of the metrics of a set of images, without the networks before them.

  python -m benchmarks.metrics --num_images 500

The Frechet distance (FID) of given features, beside the formula as it is
usually programmed, with SciPy's square root of a matrix; mIoU of label maps as
a segmenter predicts them; MICV of cars. The images are toy streets, a few of
them again and again. `times_ours` is the time over that of our distance.
"""

import argparse
import math

import numpy as np
import scipy.linalg

from benchmarks import measurement
from data_pipeline import batch, instances, toy_street
from data_pipeline.cityscapes import labels
from instgan_jax.cli import program
from instgan_jax.evaluation import confusion, frechet, micv, miou, moments
from instgan_jax.runtime import exits

_NUM_STREETS = 16


def main() -> None:
  """Parses the flags, measures and prints."""
  parser = measurement.parser(__doc__, num_rounds=3)
  parser.add_argument('--num_images', type=int, default=500)
  parser.add_argument('--num_features', type=int, default=2048)
  parser.add_argument('--height', type=int, default=256)
  flags = parser.parse_args()
  rng = np.random.default_rng(0)
  shape = 2, flags.num_images, flags.num_features
  real, fake = rng.standard_normal(shape) + [[[0.0]], [[0.1]]]
  _check_same(frechet_distance(real, fake), distance_by_root(real, fake))
  streets = toy_street.ToyStreet(_NUM_STREETS, height=flags.height)
  scenes = [streets.read(index) for index in range(_NUM_STREETS)]
  timings = measurement.in_turns(
    {
      'FID': lambda: frechet_distance(real, fake),
      'FID by sqrtm': lambda: distance_by_root(real, fake),
      'mIoU': lambda: _miou(scenes, flags.num_images),
      'MICV': lambda: _micv(scenes, flags.num_images),
    },
    num_rounds=flags.rounds,
  )
  lines = measurement.Lines('metrics', _setting(flags), flags.output)
  for case, timing in timings.items():
    figures = {'images_per_second': flags.num_images / timing.median}
    if case.startswith('FID'):
      figures['times_ours'] = timing.median / timings['FID'].median
    lines.add(case, timing, **figures)


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
  """Ours, of float [N, D] features each."""
  statistics = moments.of_features(a), moments.of_features(b)
  return frechet.distance(*statistics).value


def distance_by_root(a: np.ndarray, b: np.ndarray) -> float:
  """The same with covariances and the square root of their product."""
  covariances = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
  root = scipy.linalg.sqrtm(covariances[0] @ covariances[1]).real
  difference = a.mean(axis=0) - b.mean(axis=0)
  traces = np.trace(covariances[0]) + np.trace(covariances[1])
  return float(difference @ difference + traces - 2 * np.trace(root))


def _check_same(ours: float, theirs: float) -> None:
  # The root of a singular matrix is inexact.
  if not math.isclose(ours, theirs, rel_tol=1e-3):
    raise exits.Failure(
      f'The distance is {ours:.6g}, by sqrtm {theirs:.6g}, expected the same '
      'within 0.1 %: their times cannot be compared.'
    )


def _miou(scenes: list[batch.Scene], num_images: int) -> float:
  """Of label maps that are mirrored, as if they were predicted so."""
  counts = confusion.Confusion(labels.TABLE)
  for index in range(num_images):
    label_map = scenes[index % len(scenes)].label_map
    counts.update(label_map, label_map[:, ::-1])
  return miou.scores(counts.matrix, labels.TABLE).mean_iou


def _micv(scenes: list[batch.Scene], num_images: int) -> float:
  meter = micv.meter(labels.TABLE.named('car'))
  for index in range(num_images):
    scene = scenes[index % len(scenes)]
    dense = instances.number(scene, labels.TABLE)
    meter.update(scene.image, scene.label_map, dense.instance_map)
  return meter.result().value


def _setting(flags: argparse.Namespace) -> str:
  size = f'{flags.height}x{2 * flags.height}'
  return f'{flags.num_images} images of {size}, {flags.num_features} features'


if __name__ == '__main__':
  program.exit_after(main)
