"""Latency and throughput of the Sampler, the way from maps to images.

  python -m benchmarks.sampler
  python -m benchmarks.sampler --config configs/cityscapes_lip.py --batch_size 1

Of each method: one image at a time (`latency`), and as many as `--batch_size`
at once (`throughput`), from numpy maps and styles to uint8 images in numpy. The
weights are fresh ones, the scenes toy streets. `times_latency` is the time of
an image in a batch over that of a single one.
"""

import argparse

from benchmarks import configuration, measurement, our_gan
from instgan_jax.build import methods
from instgan_jax.cli import program
from instgan_jax.inference import Sampler


def main() -> None:
  """Parses the flags, measures and prints."""
  parser = measurement.parser(__doc__, num_rounds=20)
  configuration.define_flags(parser)
  configuration.define_folder_flag(parser)
  flags = parser.parse_args()
  variants = {
    f'{method} {kind}': variant
    for method in methods.METHODS
    for kind, variant in _variants(flags, method).items()
  }
  config = configuration.from_flags(flags, 'L')
  timings = measurement.in_turns(variants, num_rounds=flags.rounds)
  setting = configuration.setting(flags, config)
  lines = measurement.Lines('sampler', setting, flags.output)
  for case, timing in timings.items():
    method, kind = case.split()
    num_images = 1 if kind == 'latency' else config.batch_size
    lines.add(
      case,
      timing,
      images_per_second=num_images / timing.median,
      times_latency=(
        timing.median / num_images / timings[f'{method} latency'].median
      ),
    )


def _variants(flags: argparse.Namespace, method: str):
  """Functions that generate images of one and of `batch_size` scenes."""
  config = configuration.from_flags(flags, method)
  variables = our_gan.initial_variables(config)['generator']
  source = our_gan.scenes(config)

  def variant(batch_size: int):
    sampler = Sampler(config, variables, batch_size=batch_size)
    scenes = [
      sampler.scene(scene.label_map, scene.instance_ids)
      for scene in map(source.read, range(batch_size))
    ]
    styles = [sampler.styles(scene, seed=0) for scene in scenes]
    return lambda: sampler.generate(scenes, styles)

  return {'latency': variant(1), 'throughput': variant(config.batch_size)}


if __name__ == '__main__':
  program.exit_after(main)
