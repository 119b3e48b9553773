"""Measures that stream over scenes: fed picture by picture, read at the end.

Each keeps figures apart by the set a picture is of: `REAL`, or the number of
the draw of a generator. All give {figure: {...}} of plain values.
"""

import functools
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from data_pipeline import labels
from instgan_jax.evaluation import (
  border_contrast,
  confusion,
  frechet,
  image_mean,
  kid,
  micv,
  miou,
  moments,
  reference_statistics,
  style_change,
)

REAL = 'real'


class Scenes(NamedTuple):
  """Some scenes of the data set, without padding.

  Attributes:
    names: of the scenes.
    images: uint8 [N, H, W, 3], real.
    label_maps: uint8 [N, H, W].
    instance_maps: [N, H, W], dense ids.
  """

  names: Sequence[str]
  images: np.ndarray
  label_maps: np.ndarray
  instance_maps: np.ndarray


class FeatureDistances:
  """FID and KID, or the same distances in the features of another network."""

  def __init__(
    self,
    extract: Callable[[np.ndarray], np.ndarray],
    reference: reference_statistics.Reference,
    *,
    frechet_name: str | None,
    kernel_name: str | None,
  ):
    """Compares with `reference` under the given names; None: not at all."""
    self._extract, self._reference = extract, reference
    self._frechet_name, self._kernel_name = frechet_name, kernel_name
    self._features = {}

  def update(self, key, images: np.ndarray, scenes: Scenes) -> None:
    """Adds pictures of a draw; real ones are in the reference already."""
    if key != REAL:
      features = self._extract(images)
      moments.check_finite(features, scenes.names)
      self._features.setdefault(key, []).append(features)

  def figures(self) -> dict[str, dict]:
    """The distances of each draw; for Frechet with the floor of real images."""
    drawn = {k: np.concatenate(v) for k, v in self._features.items()}
    reference = self._reference
    found = {}
    if self._frechet_name:
      distances = [
        frechet.distance(moments.of_features(f), reference.statistics)
        for f in drawn.values()
      ]
      found[self._frechet_name] = {
        **_over_draws([d.value for d in distances]),
        'num_generated': distances[0].num_a,
        'num_real': distances[0].num_b,
        **_floor(reference),
      }
    if self._kernel_name:
      kernels = [kid.kid(f, reference.features) for f in drawn.values()]
      found[self._kernel_name] = {
        **_over_draws([k.value for k in kernels]),
        'standard_error': kernels[0].standard_error,
        'num_subsets': kernels[0].num_subsets,
        'subset_size': kernels[0].subset_size,
      }
    return found


class MeanIou:
  """mIoU and accuracies of a segmenter's maps of the pictures."""

  def __init__(self, predict: Callable[..., np.ndarray]):
    """Takes `(images, size) -> label maps`."""
    self._predict = predict
    self.confusions: dict = {}

  def update(self, key, images: np.ndarray, scenes: Scenes) -> None:
    """Segments pictures and compares them with the labels."""
    counts = self.confusions.setdefault(key, confusion.Confusion())
    predicted = self._predict(images, scenes.label_maps.shape[1:])
    for scene in zip(scenes.label_maps, predicted, scenes.names, strict=True):
      counts.update(*scene)

  def scores(self) -> dict[str, miou.SegmentationScores]:
    """Over all draws together, and of the real images."""
    return {
      'generated': miou.scores(self.drawn_matrix()),
      'real': miou.scores(self.confusions[REAL].matrix),
    }

  def drawn_matrix(self) -> np.ndarray:
    """The confusion matrix of all draws together, int64 [34, 34]."""
    return sum(c.matrix for key, c in self.confusions.items() if key != REAL)

  def figures(self) -> dict[str, dict]:
    """Of each draw, beside the ceiling: the same of the real images."""
    scores = {
      key: miou.scores(counts.matrix) for key, counts in self.confusions.items()
    }
    real = scores.pop(REAL)
    return {
      name: {
        **_over_draws([getattr(s, field) for s in scores.values()]),
        REAL: getattr(real, field),
        'num_generated': self.confusions[REAL].num_images,
      }
      for name, field in (
        ('miou', 'mean_iou'),
        ('accuracy_valid', 'accuracy_valid'),
        ('accuracy_all', 'accuracy_all'),
      )
    }


class InstanceColors:
  """MICV and border contrast of chosen classes."""

  def __init__(self, class_names: Sequence[str], *, min_area: int = 0):
    """Measures each class; `min_area` is of MICV, see `micv`."""
    self._makers = {}
    for name in class_names:
      label = labels.label_id(name)
      self._makers[f'micv_{name}'] = functools.partial(
        micv.meter, label, min_area=min_area
      )
      self._makers[f'border_contrast_{name}'] = functools.partial(
        border_contrast.meter, label
      )
    self._meters = {}

  def update(self, key, images: np.ndarray, scenes: Scenes) -> None:
    """Measures pictures."""
    if key not in self._meters:
      self._meters[key] = {
        figure: make() for figure, make in self._makers.items()
      }
    for figure in self._meters[key].values():
      for name, *arrays in zip(
        scenes.names,
        images,
        scenes.label_maps,
        scenes.instance_maps,
        strict=True,
      ):
        figure.update(*arrays, name=name)

  def figures(self) -> dict[str, dict]:
    """Of each draw, with those of the real images and the ratio to them."""
    found = {}
    for figure in self._makers:
      means = {key: of[figure].result() for key, of in self._meters.items()}
      real = means.pop(REAL)
      drawn = list(means.values())
      ratio = image_mean.ratio(drawn[0], real)
      found[figure] = {
        **_over_draws([mean.value for mean in drawn]),
        **_image_mean(drawn[0]),
        REAL: real.value,
        'real_interval': [real.low, real.high],
        'ratio': ratio.value,
        'ratio_interval': [ratio.low, ratio.high],
      }
    return found


class DrawDistances:
  """What changes between two draws, inside instances and outside."""

  def __init__(self, class_names: Sequence[str]):
    """Measures the instances of each class, and all that is no instance."""
    self._meters = {
      f'draw_distance_{name}': style_change.instance_meter(
        labels.label_id(name)
      )
      for name in class_names
    }
    self._meters['draw_distance_outside'] = style_change.outside_meter()

  def update(
    self, draw_a: np.ndarray, draw_b: np.ndarray, scenes: Scenes
  ) -> None:
    """Compares two draws of the same scenes."""
    for meter in self._meters.values():
      for name, *arrays in zip(
        scenes.names,
        draw_a,
        draw_b,
        scenes.label_maps,
        scenes.instance_maps,
        strict=True,
      ):
        meter.update(*arrays, name=name)

  def figures(self) -> dict[str, dict]:
    """The mean changes, colours in [0, 1]."""
    results = {name: meter.result() for name, meter in self._meters.items()}
    return {
      name: {**_over_draws([mean.value]), **_image_mean(mean)}
      for name, mean in results.items()
    }


def _over_draws(values: list[float]) -> dict:
  """Mean and deviation over draws (ddof 1; 0 of one draw)."""
  deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
  return {
    'mean': float(np.mean(values)),
    'deviation': float(deviation),
    'per_draw': [float(value) for value in values],
  }


def _image_mean(mean: image_mean.ImageMean) -> dict:
  return {
    'interval': [mean.low, mean.high],
    'num_images': mean.num_images,
    'num_items': mean.num_items,
    'per_image': {image.name: image.value for image in mean.per_image},
    'reason': mean.reason,
  }


def _floor(reference: reference_statistics.Reference) -> dict:
  if len(reference.features) < 4:  # Two halves of two images are needed.
    return {REAL: float('nan'), 'num_floor': [0, 0]}
  floor = frechet.floor(reference.features)
  return {REAL: floor.value, 'num_floor': [floor.num_a, floor.num_b]}
