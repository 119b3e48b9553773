"""The options of `instgan_jax.augment`, read and checked."""

import dataclasses
import re
from collections.abc import Mapping, Sequence

from data_pipeline.errors import InputError


@dataclasses.dataclass(frozen=True)
class Options:
  """Options of `augment`; each is the flag of its name.

  Attributes:
    workdir: of the generator.
    output: folder of the new data set.
    split: of the scenes.
    dataset_dir: of data, instead of the configuration's; '' for these.
    num_variants: images of each scene.
    seed: of the first variant.
    segmenter: folder of one, which `min_agreement` needs; '' for none.
    min_agreement: of an image with its label map, see `label_agreement`; images
      with less are left out.
    min_pixels: of an instance in the new maps.
    oversample: by class, how many times the variants of scenes that show it.
    shard: (which, of how many), from 1 on.
    use_ema: takes the moving average, where a workdir has one.
    step: of a workdir's checkpoint; None for the latest.
  """

  workdir: str
  output: str
  split: str = 'train'
  dataset_dir: str = ''
  num_variants: int = 1
  seed: int = 0
  segmenter: str = ''
  min_agreement: float = 0.0
  min_pixels: int = 0
  oversample: Mapping[str, int] = dataclasses.field(default_factory=dict)
  shard: tuple[int, int] = (1, 1)
  use_ema: bool = True
  step: int | None = None


def check(options: Options) -> None:
  """Raises InputError for options out of their range."""
  if options.num_variants < 1 or options.seed < 0:
    raise InputError(
      f'--variants is {options.num_variants} and --seed {options.seed}: '
      'expected at least 1 and 0.'
    )
  if options.min_pixels < 0:
    raise InputError(
      f'--min_pixels is {options.min_pixels}, expected 0 or more.'
    )
  if not 0.0 <= options.min_agreement <= 1.0:
    raise InputError(
      f'--min_agreement is {options.min_agreement}, expected a number from 0 '
      'to 1.'
    )
  if bool(options.segmenter) != (options.min_agreement > 0.0):
    raise InputError(
      f'--segmenter is {options.segmenter!r} and --min_agreement '
      f'{options.min_agreement}: give both of them, or none.'
    )


def parse_shard(text: str) -> tuple[int, int]:
  """'3/16' -> (3, 16); raises InputError."""
  match = re.fullmatch(r'(\d+)/(\d+)', text, re.ASCII)
  which, number = map(int, match.groups()) if match else (0, 0)
  if not 1 <= which <= number:
    raise InputError(
      f'--shard is {text!r}, expected K/N with K from 1 to N, such as 3/16.'
    )
  return which, number


def parse_oversample(words: Sequence[str]) -> dict[str, int]:
  """['rider=4'] -> {'rider': 4}; raises InputError."""
  factors = {}
  for word in words:
    name, _, factor = word.rpartition('=')
    if not name or not re.fullmatch(r'[1-9]\d*', factor, re.ASCII):
      raise InputError(
        f'--oversample has {word!r}, expected classes and numbers as in '
        '--oversample rider=4,train=8.'
      )
    factors[name] = int(factor)
  return factors
