"""The flags that say how to measure, of every command that does."""

from collections.abc import Callable

from absl import flags

from instgan_jax.cli import image_size
from instgan_jax.evaluation import options


def define() -> Callable[[], options.Options]:
  """Defines the flags.

  Returns:
    A function that gives their options, checked and completed, once the flags
    are parsed. It raises InputError for values that cannot be used.
  """
  default = options.Options()
  values = {
    'metrics': flags.DEFINE_list(
      'metrics',
      list(default.metrics),
      f'Some of {",".join(options.METRICS)}; default: all that the given '
      'weights allow.',
    ),
    'inception': flags.DEFINE_string(
      'inception',
      default.inception,
      'Imported weights of Inception, for fid and kid.',
    ),
    'segmenter': flags.DEFINE_string(
      'segmenter',
      default.segmenter,
      'A trained or imported PSPNet, for miou and fsd.',
    ),
    'segmenter_protocol': flags.DEFINE_string(
      'segmenter_protocol',
      default.segmenter_protocol,
      "How the segmenter looks: 'whole', 'sliding' or 'sliding_multiscale'; "
      'default: as it was trained or published.',
    ),
    'segmenter_size': flags.DEFINE_string(
      'segmenter_size',
      '',
      'HEIGHTxWIDTH to which it resizes pictures; default: as its protocol.',
    ),
    'fid_resize': flags.DEFINE_string(
      'fid_resize', default.fid_resize, "'pytorch-fid' or 'clean-fid'."
    ),
    'fid_reference': flags.DEFINE_string(
      'fid_reference',
      default.fid_reference,
      'The split of the real images of fid and kid.',
    ),
    'num_draws': flags.DEFINE_integer(
      'num_draws',
      default.num_draws,
      'Drawings of each scene; of folders of pictures, all are used.',
    ),
    'seed': flags.DEFINE_integer('seed', default.seed, 'Of the first drawing.'),
    'num_scenes': flags.DEFINE_integer(
      'num_scenes', default.num_scenes, 'The first ones; 0: all.'
    ),
    'batch_size': flags.DEFINE_integer(
      'batch_size', default.batch_size, 'Scenes at a time.'
    ),
    'classes': flags.DEFINE_list('classes', list(default.classes), 'Of micv.'),
    'min_area': flags.DEFINE_integer(
      'min_area',
      default.min_area,
      'Pixels of the smallest instance that micv counts.',
    ),
    'cache': flags.DEFINE_string(
      'cache', default.cache, 'Folder of the statistics of real images.'
    ),
  }

  def options() -> options.Options:
    given = {name: flag.value for name, flag in values.items()}
    for name in ('metrics', 'classes'):
      given[name] = tuple(given[name])
    name = 'segmenter_size'
    given[name] = image_size.parse(given[name], name)
    return options.check(options.Options(**given))

  return options
