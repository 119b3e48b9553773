"""An evaluation from its options: what `evaluate` does after the flags."""

import dataclasses
import functools
import importlib.metadata
import pathlib
from collections.abc import Callable

import ml_collections

from data_pipeline import batch as batch_lib
from data_pipeline import labels, subset
from data_pipeline.cityscapes import folder
from data_pipeline.errors import InputError
from instgan_jax.build import data
from instgan_jax.evaluation import (
  border_contrast,
  confusion_plot,
  inception_features,
  metrics,
  miou,
  report,
  runner,
  segmenter,
)
from instgan_jax.evaluation import generated_images as pictures_lib
from instgan_jax.pretrained import load
from instgan_jax.weights import download

METRICS = ('fid', 'kid', 'fsd', 'miou', 'micv')
_OF_INCEPTION = ('fid', 'kid')
_OF_SEGMENTER = ('fsd', 'miou')


@dataclasses.dataclass(frozen=True)
class Options:
  """How to measure.

  Attributes:
    metrics: some of `METRICS`; empty for all that the given weights allow.
    inception: folder of imported Inception weights, or ''.
    segmenter: folder of a trained or imported PSPNet, or ''.
    segmenter_protocol: 'whole', 'sliding', 'sliding_multiscale', or '' for what
      the segmenter was trained for.
    segmenter_size: height and width to which it resizes pictures first; None
      for its protocol's.
    fid_resize: see `inception_features`.
    fid_reference: split of the real images of FID and KID.
    num_draws: of the instance styles, of each scene.
    seed: of the first draw; the others have the following ones.
    num_scenes: the first ones of the split; 0 for all.
    batch_size: scenes at a time.
    classes: of MICV and its companions.
    min_area: pixels that an instance of MICV has at least.
    cache: folder of the statistics of real images.
  """

  metrics: tuple[str, ...] = ()
  inception: str = ''
  segmenter: str = ''
  segmenter_protocol: str = ''
  segmenter_size: tuple[int, int] | None = None
  fid_resize: str = 'pytorch-fid'
  fid_reference: str = 'val'
  num_draws: int = 1
  seed: int = 0
  num_scenes: int = 0
  batch_size: int = 8
  classes: tuple[str, ...] = ('car', 'person')
  min_area: int = 0
  cache: str = ''


def check(options: Options) -> Options:
  """Completes the metrics, or raises InputError with what is missing."""
  for name in options.metrics:
    if name not in METRICS:
      raise InputError(
        f'{name!r} is no metric, expected some of {", ".join(METRICS)}.'
      )
  known = [labels.LABELS[label].name for label in labels.INSTANCE_LABEL_IDS]
  for name in options.classes:
    if name not in known:
      raise InputError(
        f'{name!r} is no class that has instances, expected some of '
        f'{", ".join(known)}.'
      )
  if options.num_draws < 1 or options.batch_size < 1 or options.num_scenes < 0:
    raise InputError(
      'Expected --num_draws and --batch_size of at least 1 and no negative '
      f'--num_scenes, got {options.num_draws}, {options.batch_size} and '
      f'{options.num_scenes}.'
    )
  available = [
    name
    for name in METRICS
    if not (name in _OF_INCEPTION and not options.inception)
    and not (name in _OF_SEGMENTER and not options.segmenter)
  ]
  for name in options.metrics:
    if name not in available and name in _OF_INCEPTION:
      raise InputError(
        f'{name} needs the weights of Inception: give --inception FOLDER, made '
        'with python -m instgan_jax.import_torch --network inception '
        '--download --output FOLDER.'
      )
    if name not in available:
      raise InputError(
        f'{name} needs a segmenter: give --segmenter FOLDER, made with python '
        '-m instgan_jax.train_segmenter or imported with python -m '
        'instgan_jax.import_torch --network pspnet.'
      )
  return dataclasses.replace(
    options,
    metrics=options.metrics or tuple(available),
    cache=options.cache or str(download.cache_folder() / 'statistics'),
  )


def data_set(
  config: ml_collections.ConfigDict,
  split: str,
  *,
  path: str = '',
  size: tuple[int, int] | None = None,
) -> batch_lib.Source:
  """The scenes to measure on.

  Args:
    config: whose data are taken, unless `path` is given.
    split: of the data.
    path: of folders in Cityscapes' layout.
    size: height and width; None for those of `config`.
  """
  size = size or (config.data.height, config.data.width)
  if path:
    return folder.CityscapesFolder(path, split, size=size)
  if size != (config.data.height, config.data.width):
    raise InputError(
      f'The pictures are {size[0]}x{size[1]}, the configuration asks for '
      f'{config.data.height}x{config.data.width}: give --config.data.height='
      f'{size[0]} --config.data.width={size[1]}.'
    )
  return data.source(config, split)


class Evaluation:
  """Measures pictures of one data set, as often as wanted.

  Networks are loaded and real images looked at once.
  """

  def __init__(
    self,
    scenes_of: Callable[[str], batch_lib.Source],
    options: Options,
    *,
    split: str = 'val',
  ):
    """Prepares an evaluation.

    Args:
      scenes_of: split -> the real scenes.
      options: checked by `check`.
      split: of the scenes that are drawn.

    Raises:
      InputError: for weights or data that cannot be used.
    """
    self._options, self._split = options, split
    self._scenes = first_scenes(scenes_of(split), options.num_scenes)
    size = list(self._scenes.read(0).label_map.shape)
    self._data = {'size': size, 'num_scenes': len(self._scenes)}
    self._protocol = {'split': split, **self._data}
    self._make_measures = []
    wanted = set(options.metrics)
    if wanted & set(_OF_INCEPTION):
      self._add_inception(wanted, scenes_of)
    if wanted & set(_OF_SEGMENTER):
      self._add_segmenter(wanted)
    if 'micv' in wanted:
      self._add_instance_colors()

  def run(
    self,
    pictures: pictures_lib.GeneratedImages,
    *,
    confusion_png: pathlib.Path | None = None,
  ) -> dict:
    """Measures pictures.

    Args:
      pictures: of the scenes.
      confusion_png: where the confusion matrix is drawn, with 'miou'.

    Returns:
      {'protocol', 'figures', 'class_iou', 'class_table'} of plain values; the
      last two with 'miou' only.

    Raises:
      InputError: for pictures that cannot be used.
    """
    options = self._options
    num_draws = _num_draws(pictures, options)
    has_draws = pictures.num_draws is None or pictures.num_draws > 1
    distances = None
    if 'micv' in options.metrics and has_draws:
      distances = metrics.DrawDistances(options.classes)
    streamed = [make() for make in self._make_measures]
    runner.run(
      self._scenes,
      pictures.draw,
      streamed,
      num_draws=num_draws,
      draw_distances=distances,
      batch_size=options.batch_size,
    )
    figures = {}
    for measure in (*streamed, *([distances] if distances else [])):
      figures.update(measure.figures())
    protocol = {
      'versions': _versions(),
      'pictures': pictures.about,
      'num_draws': num_draws,
      'seed': options.seed,
      **self._protocol,
    }
    results = {'protocol': protocol, 'figures': figures}
    for measure in streamed:
      if isinstance(measure, metrics.MeanIou):
        results.update(_class_results(measure, confusion_png))
    return results

  def _add_inception(self, wanted, scenes_of) -> None:
    options = self._options
    extract = inception_features.InceptionFeatures(
      load.inception(options.inception), options.fid_resize
    )
    real = self._scenes
    if options.fid_reference != self._split:
      real = scenes_of(options.fid_reference)
    about = {**extract.protocol, 'reference_split': options.fid_reference}
    self._protocol['inception'] = about
    self._make_measures.append(
      functools.partial(
        metrics.FeatureDistances,
        extract,
        self._reference(real, extract, about),
        frechet_name='fid' if 'fid' in wanted else None,
        kernel_name='kid' if 'kid' in wanted else None,
      )
    )

  def _add_segmenter(self, wanted) -> None:
    options = self._options
    network = segmenter.load(
      options.segmenter,
      options.segmenter_protocol,
      size=options.segmenter_size,
    )
    self._protocol['segmenter'] = network.about
    if 'fsd' in wanted:
      about = {**network.about, 'reference_split': self._split}
      self._make_measures.append(
        functools.partial(
          metrics.FeatureDistances,
          network.features,
          self._reference(self._scenes, network.features, about),
          frechet_name='fsd',
          kernel_name=None,
        )
      )
    if 'miou' in wanted:
      self._make_measures.append(
        functools.partial(metrics.MeanIou, network.label_maps)
      )

  def _add_instance_colors(self) -> None:
    options = self._options
    self._protocol['micv'] = {
      'classes': list(options.classes),
      'min_area': options.min_area,
      'border_band_pixels': border_contrast.BAND_WIDTH,
    }
    self._make_measures.append(
      functools.partial(
        metrics.InstanceColors, options.classes, min_area=options.min_area
      )
    )

  def _reference(self, real, extract, about):
    return runner.reference(
      real,
      extract,
      protocol={**about, **self._data},
      cache_folder=self._options.cache,
      batch_size=self._options.batch_size,
    )


def first_scenes(scenes: batch_lib.Source, number: int) -> batch_lib.Source:
  """The first `number` scenes, or all for 0."""
  if not number:
    return scenes
  return subset.Subset(scenes, range(min(number, len(scenes))))


def text(results: dict) -> str:
  """Tables of what `evaluate` gives."""
  tables = [report.table(results['figures'])]
  if 'class_table' in results:
    tables.append(results['class_table'])
  return '\n\n'.join(tables)


def _num_draws(pictures: pictures_lib.GeneratedImages, options: Options) -> int:
  """A method without styles draws but one picture; folders are all used."""
  return pictures.num_draws or options.num_draws


def _class_results(
  measure: metrics.MeanIou, confusion_png: pathlib.Path | None
) -> dict:
  scores = measure.scores()
  if confusion_png:
    confusion_plot.save_png(
      confusion_png,
      measure.drawn_matrix(),
      'Labels, and what was seen in the pictures',
    )
  return {
    'class_iou': {key: score.class_iou for key, score in scores.items()},
    'class_table': miou.table(scores),
  }


def _versions() -> dict[str, str]:
  found = {}
  for package in ('instgan_jax', 'jax', 'flax', 'numpy', 'scipy', 'pillow'):
    try:
      found[package] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
      found[package] = 'not installed'
  return found
