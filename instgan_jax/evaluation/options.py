"""The options of an evaluation: the one source of its flags and fields.

`evaluate` and `reproduce` have a flag for each field (`cli.options`), and
`config.eval` of a training run has those that it sets.
"""

import dataclasses
from collections.abc import Sequence

from data_pipeline.errors import InputError

METRICS = ('fid', 'kid', 'fsd', 'miou', 'micv')
OF_INCEPTION = ('fid', 'kid')
OF_SEGMENTER = ('fsd', 'miou')
_CLASSES = ('car', 'person')  # Of the paper's Table 1.
_LEAST = {
  'num_draws': 1,
  'batch_size': 1,
  'seed': 0,
  'num_scenes': 0,
  'min_area': 0,
}
_CHOICES = {
  'fid_resize': ('pytorch-fid', 'clean-fid'),
  'segmenter_protocol': ('', 'whole', 'sliding', 'sliding_multiscale'),
  'style_of': ('instance', 'class'),
}


def _option(default, description: str):
  return dataclasses.field(
    default=default, metadata={'description': description}
  )


@dataclasses.dataclass(frozen=True)
class Options:
  """How to evaluate; each field's description is that of its flag."""

  metrics: tuple[str, ...] = _option(
    (),
    f'Some of {",".join(METRICS)}; default: all that the given weights allow.',
  )
  inception: str = _option(
    '', 'Folder of imported Inception weights, for fid and kid.'
  )
  segmenter: str = _option(
    '', 'Folder of a trained or imported PSPNet, for miou and fsd.'
  )
  segmenter_protocol: str = _option(
    '',
    "How the segmenter processes images: 'whole', 'sliding' or "
    "'sliding_multiscale'; default: as it was trained or published.",
  )
  segmenter_size: tuple[int, int] | None = _option(
    None,
    'HEIGHTxWIDTH to which it resizes images; default: as its protocol.',
  )
  fid_resize: str = _option(
    'pytorch-fid', "How fid and kid resize: 'pytorch-fid' or 'clean-fid'."
  )
  fid_reference: str = _option(
    'val', 'The split of the real images of fid and kid.'
  )
  num_draws: int = _option(
    1, 'Samples of each scene; of folders of images, all are used.'
  )
  seed: int = _option(0, 'Of the first sample; the next ones follow.')
  style_of: str = _option(
    'instance',
    "What has a style of its own: every 'instance', or every 'class' of a "
    'scene, whose instances then only differ by where they are.',
  )
  num_scenes: int = _option(0, 'The first scenes of the split; 0: all.')
  batch_size: int = _option(8, 'Scenes at a time; no result depends on it.')
  classes: tuple[str, ...] = _option(
    (),
    'Of micv; default: car,person, or where the data have other classes, all '
    'that have instances.',
  )
  min_area: int = _option(
    0, 'Pixels of the smallest instance that micv counts.'
  )
  cache: str = _option(
    '', 'Folder of the features of real images; default: ~/.cache.'
  )


def complete(options: Options, prefix: str = '--') -> Options:
  """Checks the options, and fills in the metrics where none is named.

  Args:
    options: as they were given.
    prefix: of their names, in messages.

  Raises:
    InputError: for values that cannot be used, or weights that are missing.
  """
  for name in options.metrics:
    if name not in METRICS:
      raise InputError(
        f'{name!r} is no metric, expected some of {", ".join(METRICS)}.'
      )
  for name, least in _LEAST.items():
    if (value := getattr(options, name)) < least:
      raise InputError(f'{prefix}{name} is {value}, expected at least {least}.')
  for name, choices in _CHOICES.items():
    if (value := getattr(options, name)) not in choices:
      expected = ', '.join(filter(None, choices))
      raise InputError(
        f'{prefix}{name} is {value!r}, expected one of {expected}.'
      )
  missing = {name: _missing(name, options, prefix) for name in METRICS}
  available = tuple(name for name in METRICS if not missing[name])
  for name in options.metrics:
    if message := missing[name]:
      raise InputError(message)
  return dataclasses.replace(options, metrics=options.metrics or available)


def for_classes(options: Options, things: Sequence[str]) -> Options:
  """Fills in and checks what depends on the classes of the data.

  Args:
    options: of `complete`.
    things: the names of the classes that have instances.

  Raises:
    InputError: for a class that has none, or if no metric is left.
  """
  for name in options.classes:
    if name not in things:
      raise InputError(
        f'{name!r} is no class that has instances, expected some of '
        f'{", ".join(things) or "none, as no class here has them"}.'
      )
  usual = tuple(name for name in _CLASSES if name in things) or tuple(things)
  metrics = tuple(m for m in options.metrics if m != 'micv' or things)
  if not metrics:
    raise InputError(
      'No class of these data has instances, which micv needs: leave micv out, '
      'or give the weights of another metric, such as --segmenter.'
    )
  return dataclasses.replace(
    options, classes=options.classes or usual, metrics=metrics
  )


def _missing(metric: str, options: Options, prefix: str) -> str:
  """Which weights a metric lacks, and where they come from; '' for none."""
  if metric in OF_INCEPTION and not options.inception:
    return (
      f'{metric} needs the weights of Inception: give {prefix}inception '
      'FOLDER, made with python -m instgan_jax.import_torch --network '
      'inception --download --output FOLDER.'
    )
  if metric in OF_SEGMENTER and not options.segmenter:
    return (
      f'{metric} needs a segmenter: give {prefix}segmenter FOLDER, made with '
      'python -m instgan_jax.train_segmenter or imported with python -m '
      'instgan_jax.import_torch --network pspnet.'
    )
  return ''
