"""Metrics that are updated scene by scene and read at the end.

Each keeps the sets of images apart by a key: `REAL`, or the number of the
sample of a generator. `results` gives {metric: {...}} of plain values.
"""

import functools
from collections.abc import Callable, Hashable, Sequence

import numpy as np

from data_pipeline import labels
from data_pipeline.scenes import Scenes
from instgan_jax.evaluation import (
  border_contrast,
  confusion,
  feature_cache,
  frechet,
  image_mean,
  kid,
  micv,
  miou,
  moments,
  style_change,
)

REAL = 'real'


class FeatureDistances:
  """FID and KID, or the same distances in the features of another network."""

  def __init__(
    self,
    extract: Callable[[np.ndarray], np.ndarray],
    cache: feature_cache.FeatureCache,
    *,
    frechet_name: str | None,
    kernel_name: str | None,
    reference: np.ndarray | None = None,
  ):
    """Creates the metrics of the given names; None for one that is left out.

    Args:
      extract: uint8 [B, H, W, 3] -> float32 [B, D].
      cache: of the features of real images.
      frechet_name: of the Frechet distance.
      kernel_name: of the kernel distance.
      reference: features [N, D] of the real images to compare with; None for
        those that are given to `update`.
    """
    self._extract, self._cache, self._reference = extract, cache, reference
    self._frechet_name, self._kernel_name = frechet_name, kernel_name
    self._features: dict[Hashable, list[np.ndarray]] = {}

  def update(self, key: Hashable, images: np.ndarray, scenes: Scenes) -> None:
    """Adds the images of some scenes."""
    if key != REAL:
      features = self._extract(images)
    elif self._reference is None:
      features = self._cache.features(images, scenes.image_hashes)
    else:
      return
    moments.check_finite(features, scenes.names)
    self._features.setdefault(key, []).append(features)

  def results(self) -> dict[str, dict]:
    """The distances of each sample; for Frechet with that of real halves."""
    self._cache.save()
    sets = {key: np.concatenate(rows) for key, rows in self._features.items()}
    reference = sets.pop(REAL) if self._reference is None else self._reference
    results = {}
    if self._frechet_name:
      statistics = moments.of_features(reference)
      distances = [
        frechet.distance(moments.of_features(features), statistics)
        for features in sets.values()
      ]
      results[self._frechet_name] = {
        **_over_samples([distance.value for distance in distances]),
        'num_generated': distances[0].num_a,
        'num_real': distances[0].num_b,
        **_floor(reference),
      }
    if self._kernel_name:
      kernels = [kid.kid(features, reference) for features in sets.values()]
      results[self._kernel_name] = {
        **_over_samples([kernel.value for kernel in kernels]),
        'standard_error': kernels[0].standard_error,
        'num_subsets': kernels[0].num_subsets,
        'subset_size': kernels[0].subset_size,
      }
    return results


class MeanIou:
  """mIoU and accuracies of a segmenter's label maps of the images."""

  def __init__(
    self,
    predict: Callable[..., np.ndarray],
    label_table: labels.LabelTable,
  ):
    """Takes `(images, size) -> label maps`, and the classes of these."""
    self._predict, self.label_table = predict, label_table
    self._confusions: dict[Hashable, confusion.Confusion] = {}

  def update(self, key: Hashable, images: np.ndarray, scenes: Scenes) -> None:
    """Segments images and compares them with the labels."""
    counts = self._confusions.setdefault(
      key, confusion.Confusion(self.label_table)
    )
    predicted = self._predict(images, scenes.label_maps.shape[1:])
    for scene in zip(scenes.label_maps, predicted, scenes.names, strict=True):
      counts.update(*scene)

  def scores(self) -> dict[str, miou.SegmentationScores]:
    """Over all samples together, and of the real images."""
    return {
      'generated': self._scores(self.generated_matrix()),
      'real': self._scores(self._confusions[REAL].matrix),
    }

  def generated_matrix(self) -> np.ndarray:
    """The confusion matrix of all samples together, int64 [N, N]."""
    matrices = [c.matrix for key, c in self._confusions.items() if key != REAL]
    return np.sum(matrices, axis=0)

  def results(self) -> dict[str, dict]:
    """Of each sample, beside the ceiling: the same of the real images."""
    scores = {
      key: self._scores(counts.matrix)
      for key, counts in self._confusions.items()
    }
    real = scores.pop(REAL)
    return {
      name: {
        **_over_samples([getattr(s, field) for s in scores.values()]),
        REAL: getattr(real, field),
        'num_generated': self._confusions[REAL].num_images,
      }
      for name, field in (
        ('miou', 'mean_iou'),
        ('accuracy_valid', 'accuracy_valid'),
        ('accuracy_all', 'accuracy_all'),
      )
    }

  def _scores(self, matrix: np.ndarray) -> miou.SegmentationScores:
    return miou.scores(matrix, self.label_table)


class InstanceColors:
  """MICV and border contrast of chosen classes, where objects are known."""

  def __init__(self, classes: Sequence[labels.Label], *, min_area: int = 0):
    """Creates both metrics of each class; `min_area` is of MICV."""
    self._makers: dict[str, Callable[[], image_mean.Meter]] = {}
    for label in classes:
      self._makers[f'micv_{label.name}'] = functools.partial(
        micv.meter, label, min_area=min_area
      )
      self._makers[f'border_contrast_{label.name}'] = functools.partial(
        border_contrast.meter, label
      )
    self._meters: dict[Hashable, dict[str, image_mean.Meter]] = {}

  def update(self, key: Hashable, images: np.ndarray, scenes: Scenes) -> None:
    """Adds the images of some scenes."""
    if key not in self._meters:
      self._meters[key] = {name: make() for name, make in self._makers.items()}
    for meter in self._meters[key].values():
      for i in scenes.known:
        meter.update(
          images[i],
          scenes.label_maps[i],
          scenes.instance_maps[i],
          name=scenes.names[i],
        )

  def results(self) -> dict[str, dict]:
    """Of each sample, with those of the real images and the ratio to them."""
    results = {}
    for name in self._makers:
      means = {key: of[name].result() for key, of in self._meters.items()}
      real = means.pop(REAL)
      generated = list(means.values())
      ratio = image_mean.ratio(generated[0], real)
      results[name] = {
        **_over_samples([mean.value for mean in generated]),
        **_image_mean(generated[0]),
        REAL: real.value,
        'real_interval': [real.low, real.high],
        'ratio': ratio.value,
        'ratio_interval': [ratio.low, ratio.high],
      }
    return results


class StyleChange:
  """The change between two samples, inside instances that are known and out."""

  def __init__(self, classes: Sequence[labels.Label]):
    """Creates the metric of each class, and of all that is no instance."""
    self._meters = {
      f'style_change_{label.name}': style_change.instance_meter(label)
      for label in classes
    }
    self._meters['style_change_outside'] = style_change.outside_meter()

  def update(
    self, first: np.ndarray, second: np.ndarray, scenes: Scenes
  ) -> None:
    """Compares two samples of the same scenes, uint8 [N, H, W, 3] each."""
    for meter in self._meters.values():
      for i in scenes.known:
        meter.update(
          first[i],
          second[i],
          scenes.label_maps[i],
          scenes.instance_maps[i],
          name=scenes.names[i],
        )

  def results(self) -> dict[str, dict]:
    """The mean changes, colors in [0, 1]."""
    means = {name: meter.result() for name, meter in self._meters.items()}
    return {
      name: {**_over_samples([mean.value]), **_image_mean(mean)}
      for name, mean in means.items()
    }


def _over_samples(values: list[float]) -> dict:
  """Mean and deviation over samples (ddof 1; 0 of one sample)."""
  deviation = np.std(values, ddof=1) if len(values) > 1 else 0.0
  return {
    'mean': float(np.mean(values)),
    'deviation': float(deviation),
    'per_sample': [float(value) for value in values],
  }


def _image_mean(mean: image_mean.ImageMean) -> dict:
  return {
    'interval': [mean.low, mean.high],
    'num_images': mean.num_images,
    'num_items': mean.num_items,
    'per_image': {image.name: image.value for image in mean.per_image},
    'reason': mean.reason,
  }


def _floor(reference: np.ndarray) -> dict:
  if len(reference) < 4:  # Two halves of two images are needed.
    return {REAL: float('nan'), 'num_floor': [0, 0]}
  floor = frechet.floor(reference)
  return {REAL: floor.value, 'num_floor': [floor.num_a, floor.num_b]}
