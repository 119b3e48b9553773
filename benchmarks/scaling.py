"""A training step over batch sizes and over resolutions.

  python -m benchmarks.scaling --batch_sizes 1,2,4,8 --heights 32,64,128

The batch sizes are at the configuration's resolution, the resolutions at its
batch size; the method is `--method`. `megapixels_per_second` would be the same
everywhere if a step cost nothing beside its pixels; `mfu` is the share of a
plain matrix product's speed, as in `benchmarks.train_step`.
"""

import argparse

from benchmarks import (
  configuration,
  matrix_product,
  measurement,
  our_gan,
  useful_flops,
)
from instgan_jax.build import methods
from instgan_jax.cli import program

PRODUCT = 'matrix product'


def main() -> None:
  """Parses the flags, measures and prints."""
  parser = measurement.parser(__doc__, num_rounds=5)
  configuration.define_flags(parser)
  configuration.define_folder_flag(parser)
  parser.add_argument('--method', default='L', choices=list(methods.METHODS))
  parser.add_argument('--batch_sizes', default='1,2,4,8')
  parser.add_argument('--heights', default='32,64,128')
  flags = parser.parse_args()
  config = configuration.from_flags(flags, flags.method)
  product, product_flops = matrix_product.variant(config.dtype)
  configs = _configs(flags)
  gans = {
    case: our_gan.OurGan(each, our_gan.batch(each))
    for case, each in configs.items()
  }
  timings = measurement.in_turns(
    {PRODUCT: product, **{case: gan.update for case, gan in gans.items()}},
    num_rounds=flags.rounds,
  )
  setting = f'{configuration.setting(flags, config)}, {flags.method}'
  lines = measurement.Lines('scaling', setting, flags.output)
  attained = product_flops / timings[PRODUCT].median
  lines.add(PRODUCT, timings[PRODUCT], tflops=attained / 1e12)
  for case, each in configs.items():
    images_per_second = each.batch_size / timings[case].median
    pixels = each.data.height * each.data.width
    work = useful_flops.work(each, use_vgg19=False)
    lines.add(
      case,
      timings[case],
      images_per_second=images_per_second,
      megapixels_per_second=images_per_second * pixels / 1e6,
      mfu=images_per_second * work.update / attained,
    )


def _configs(flags: argparse.Namespace) -> dict:
  """The configurations by case."""
  configs = {}
  for batch_size in _integers(flags.batch_sizes):
    config = configuration.from_flags(flags, flags.method)
    config.batch_size = batch_size
    configs[_case(config)] = config
  for height in _integers(flags.heights):
    config = configuration.from_flags(flags, flags.method)
    config.data.update({'height': height, 'width': 2 * height})
    configs[_case(config)] = config
  return configs


def _case(config) -> str:
  size = f'{config.data.height}x{config.data.width}'
  return f'{size}, batch {config.batch_size}'


def _integers(text: str) -> list[int]:
  return [int(value) for value in text.split(',') if value]


if __name__ == '__main__':
  program.exit_after(main)
