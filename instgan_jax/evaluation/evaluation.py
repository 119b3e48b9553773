"""An evaluation: all metrics of generated images of one data set."""

import functools
import pathlib
from collections.abc import Callable
from typing import Any

import numpy as np

from data_pipeline import batch as batch_lib
from data_pipeline import labels, progress, subset
from data_pipeline import scenes as scenes_lib
from instgan_jax.evaluation import (
  border_contrast,
  confusion_plot,
  feature_cache,
  generated_images,
  inception_features,
  metrics,
  miou,
  report,
  segmenter,
)
from instgan_jax.evaluation import options as options_lib
from instgan_jax.pretrained import load
from instgan_jax.runtime import user_cache, versions


class Evaluation:
  """Evaluates images of one data set, as often as wanted.

  Networks are loaded once. In every run a scene is decoded once.

  Attributes:
    options: with the classes that were filled in.
  """

  def __init__(
    self,
    scenes_of: Callable[[str], batch_lib.Source],
    options: options_lib.Options,
    *,
    split: str = 'val',
  ):
    """Prepares an evaluation.

    Args:
      scenes_of: split -> the real scenes.
      options: of `options.complete`.
      split: of the scenes that are generated.

    Raises:
      InputError: for weights or data that cannot be used.
    """
    scenes = scenes_of(split)
    self._label_table = scenes.label_table
    options = options_lib.for_classes(
      options, [label.name for label in self._label_table.things]
    )
    self.options = options
    self._scenes = first_scenes(scenes, options.num_scenes)
    self._protocol: dict[str, Any] = {
      'split': split,
      'size': list(self._scenes.read(0).label_map.shape),
      'num_scenes': len(self._scenes),
    }
    self._metric_makers: list[Callable[[], Any]] = []
    wanted = set(options.metrics)
    if wanted & set(options_lib.OF_INCEPTION):
      reference = None
      if options.fid_reference != split:
        reference = scenes_of(options.fid_reference)
      self._add_inception(wanted, reference)
    if wanted & set(options_lib.OF_SEGMENTER):
      self._add_segmenter(wanted)
    if 'micv' in wanted:
      self._add_instance_colors()

  def run(
    self,
    images: generated_images.GeneratedImages,
    *,
    confusion_png: pathlib.Path | None = None,
  ) -> dict:
    """Evaluates images.

    Args:
      images: of the scenes.
      confusion_png: where the confusion matrix is plotted, with 'miou'.

    Returns:
      {'protocol', 'metrics', 'class_iou', 'class_table'} of plain values; the
      last two with 'miou' only.

    Raises:
      InputError: for images that cannot be used.
    """
    options = self.options
    num_samples = images.num_samples or options.num_draws
    streamed = [make() for make in self._metric_makers]
    change = None
    if 'micv' in options.metrics and images.num_samples != 1:
      change = metrics.StyleChange(self._classes())
    self._stream(images, streamed, change, num_samples)
    results: dict[str, Any] = {
      'protocol': {
        'versions': versions.versions(),
        'generated': images.metadata,
        'num_samples': num_samples,
        'seed': options.seed,
        **self._protocol,
      },
      'metrics': {},
    }
    for metric in (*streamed, *([change] if change else [])):
      results['metrics'].update(metric.results())
      if isinstance(metric, metrics.MeanIou):
        results.update(_class_results(metric, confusion_png))
    return results

  def _stream(
    self,
    images: generated_images.GeneratedImages,
    streamed: list,
    change: metrics.StyleChange | None,
    num_samples: int,
  ) -> None:
    """Updates the metrics with the real and generated images of all scenes.

    The change compares the samples 0 and 1, also where only one is evaluated.
    """
    for scenes in _with_progress(
      self._scenes, self.options.batch_size, 'Evaluating'
    ):
      samples = [
        images.generate(scenes, k)
        for k in range(max(num_samples, 2 if change else 1))
      ]
      for metric in streamed:
        metric.update(metrics.REAL, scenes.images, scenes)
        for k in range(num_samples):
          metric.update(k, samples[k], scenes)
      if change:
        change.update(samples[0], samples[1], scenes)

  def _add_inception(self, wanted: set[str], reference) -> None:
    options = self.options
    extract = inception_features.InceptionFeatures(
      load.inception(options.inception), options.fid_resize
    )
    self._protocol['inception'] = {
      **extract.protocol,
      'reference_split': options.fid_reference,
    }
    cache = self._cache(extract, extract.protocol)
    self._metric_makers.append(
      functools.partial(
        metrics.FeatureDistances,
        extract,
        cache,
        frechet_name='fid' if 'fid' in wanted else None,
        kernel_name='kid' if 'kid' in wanted else None,
        reference=None if reference is None else self._all(reference, cache),
      )
    )

  def _add_segmenter(self, wanted: set[str]) -> None:
    options = self.options
    network = segmenter.load(
      options.segmenter,
      options.segmenter_protocol,
      size=options.segmenter_size,
    )
    segmenter.check_classes(network, self._label_table, options.segmenter)
    self._protocol['segmenter'] = network.metadata
    if 'fsd' in wanted:
      self._metric_makers.append(
        functools.partial(
          metrics.FeatureDistances,
          network.features,
          self._cache(network.features, network.metadata),
          frechet_name='fsd',
          kernel_name=None,
        )
      )
    if 'miou' in wanted:
      self._metric_makers.append(
        functools.partial(
          metrics.MeanIou, network.label_maps, self._label_table
        )
      )

  def _add_instance_colors(self) -> None:
    options = self.options
    self._protocol['micv'] = {
      'classes': list(options.classes),
      'min_area': options.min_area,
      'border_band_pixels': border_contrast.BAND_WIDTH,
    }
    self._metric_makers.append(
      functools.partial(
        metrics.InstanceColors, self._classes(), min_area=options.min_area
      )
    )

  def _classes(self) -> list[labels.Label]:
    return [self._label_table.named(name) for name in self.options.classes]

  def _cache(self, extract, protocol: dict) -> feature_cache.FeatureCache:
    folder = self.options.cache or user_cache.folder() / 'features'
    return feature_cache.FeatureCache(folder, extract, protocol)

  def _all(
    self, source: batch_lib.Source, cache: feature_cache.FeatureCache
  ) -> np.ndarray:
    """The features of all images of another split."""
    features = [
      cache.features(scenes.images, scenes.image_hashes)
      for scenes in _with_progress(
        source, self.options.batch_size, 'Features of real images'
      )
    ]
    cache.save()
    return np.concatenate(features)


def first_scenes(source: batch_lib.Source, number: int) -> batch_lib.Source:
  """The first `number` scenes, or all for 0."""
  if not number:
    return source
  return subset.Subset(source, range(min(number, len(source))))


def text(results: dict) -> str:
  """The tables of what `Evaluation.run` gives, Markdown."""
  tables = [report.table(results['metrics'])]
  if 'class_table' in results:
    tables.append(results['class_table'])
  return '\n\n'.join(tables)


def _with_progress(source: batch_lib.Source, batch_size: int, task: str):
  with progress.compiling_bar(
    desc=task, total=len(source), unit='scene'
  ) as bar:
    for scenes in scenes_lib.read_scenes(source, batch_size):
      yield scenes
      progress.end_compiling(bar)
      bar.update(len(scenes.names))


def _class_results(
  metric: metrics.MeanIou, confusion_png: pathlib.Path | None
) -> dict:
  scores = metric.scores()
  if confusion_png:
    confusion_plot.save_png(
      confusion_png,
      metric.generated_matrix(),
      'Labels, and what was predicted for the generated images',
      metric.label_table,
    )
  return {
    'class_iou': {key: score.class_iou for key, score in scores.items()},
    'class_table': miou.table(scores),
  }
