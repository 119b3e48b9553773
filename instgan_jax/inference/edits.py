"""Edits of the styles that a seed gives, as the flags of `generate` write them.

Each flag names instances by their ids, as the instance map has them; 0 is the
style of the whole image, see `inference.styles`:

  26003=7         the style that the seed 7 has for the instance 26003
  26003:26007     the style of 26003 also for 26007
  26003=1..2      from the style of seed 1 to that of seed 2

Styles of photographs, see `photograph_styles`, are read by `Edits.with_styles`.
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.inference import photograph_styles
from instgan_jax.inference import styles as styles_lib

# A seed; an instance of a photograph until it is read, then its style.
End = int | photograph_styles.StyleSource | np.ndarray


@dataclasses.dataclass(frozen=True)
class Edits:
  """Edits of styles, made in the order of the attributes.

  Attributes:
    kept: styles that replace those of the seed, by scene name (or
      `styles.ANY_SCENE`) and id.
    vary: the ids whose style alone changes between samples; all if empty.
    resample: seeds by id.
    copy: the source's id by the target's. All sources are looked up before
      any target changes, so that two instances can swap.
    interpolate: by id the start and the end, seeds or instances of photographs.
    style_from: instances of photographs by id.
  """

  kept: Mapping[str, styles_lib.Styles] = dataclasses.field(
    default_factory=dict
  )
  vary: tuple[int, ...] = ()
  resample: Mapping[int, int] = dataclasses.field(default_factory=dict)
  copy: Mapping[int, int] = dataclasses.field(default_factory=dict)
  interpolate: Mapping[int, tuple[End, End]] = dataclasses.field(
    default_factory=dict
  )
  style_from: Mapping[int, End] = dataclasses.field(default_factory=dict)

  @property
  def named_ids(self) -> tuple[int, ...]:
    """Every id that a flag names, which should therefore exist."""
    return tuple(
      dict.fromkeys(
        [
          *self.vary,
          *self.resample,
          *self.copy.values(),
          *self.copy,
          *self.interpolate,
          *self.style_from,
        ]
      )
    )

  def with_styles(self, reader: photograph_styles.Reader) -> Self:
    """The same edits with styles in the place of sources; raises InputError."""

    def read(end: End) -> End:
      return (
        reader.style(end)
        if isinstance(end, photograph_styles.StyleSource)
        else end
      )

    return dataclasses.replace(
      self,
      style_from={i: read(source) for i, source in self.style_from.items()},
      interpolate={
        i: (read(start), read(end))
        for i, (start, end) in self.interpolate.items()
      },
    )

  def kept_in(self, scene: str) -> styles_lib.Styles:
    """The kept styles of a scene: its own, then those of any scene."""
    return {
      **self.kept.get(styles_lib.ANY_SCENE, {}),
      **self.kept.get(scene, {}),
    }

  def styles(
    self,
    scene: str,
    ids: Iterable[int],
    style: Callable[[int, int], np.ndarray],
    *,
    seed: int,
    sample: int = 0,
    t: float = 0.0,
  ) -> styles_lib.Styles:
    """The styles of some instances of a scene, when all sources are read.

    Args:
      scene: the scene's name.
      ids: of the instances. Edits of others are left out.
      style: (instance id, seed) -> float32 [D].
      seed: of the first sample.
      sample: which sample of several, from 0 on; it has the seed
        `seed + sample`.
      t: position in the interpolations, from 0 to 1.
    """
    ids, kept = tuple(ids), self.kept_in(scene)

    def style_of(i: int, end: End) -> np.ndarray:
      assert not isinstance(end, photograph_styles.StyleSource)
      return style(i, end) if isinstance(end, int) else end

    def before_copies(i: int) -> np.ndarray:
      if i in self.style_from:
        return style_of(i, self.style_from[i])
      if i in self.resample:
        return style(i, self.resample[i])
      if sample and i in self.vary:
        return style(i, seed + sample)
      if i in kept:
        return kept[i]
      return style(i, seed if self.vary else seed + sample)

    styles = {i: before_copies(i) for i in ids}
    for target, source in self.copy.items():
      if target in styles:
        styles[target] = before_copies(source)
    for i, ends in self.interpolate.items():
      if i in styles:
        start, end = (style_of(i, end) for end in ends)
        styles[i] = styles_lib.interpolate(start, end, t)
    return styles


def parse_ids(words: Sequence[str], flag: str) -> tuple[int, ...]:
  """['26003', '26004'] -> (26003, 26004); raises InputError."""
  parsed = _parse(words, flag, r'(\d+)', '26003,26004')
  return tuple(parsed)


def parse_resample(words: Sequence[str], flag: str) -> dict[int, int]:
  """['26003=7'] -> {26003: 7}, seeds by id; raises InputError."""
  parsed = _parse(words, flag, r'(\d+)=(\d+)', '26003=7,26004=8')
  return {i: seed for i, (seed,) in parsed.items()}


def parse_copy(words: Sequence[str], flag: str) -> dict[int, int]:
  """['26003:26007'] -> {26007: 26003}, sources by target."""
  parsed = _parse(
    words, flag, r'(?P<value>\d+):(?P<id>\d+)', '26003:26007 (from:to)'
  )
  return {target: source for target, (source,) in parsed.items()}


def parse_interpolate(
  words: Sequence[str], flag: str
) -> dict[int, tuple[End, End]]:
  """['26003=1..2'] -> {26003: (1, 2)}, start and end by id.

  An end is a seed, or a source as `photograph_styles.parse` reads it; raises
  InputError.
  """
  end = r'(\d+|.+:.+:\d+)'
  parsed: dict[int, tuple[End, End]] = {}
  for word in words:
    match = re.fullmatch(rf'(\d+)={end}\.\.{end}', word.strip(), re.ASCII)
    if not match:
      raise InputError(
        f'--{flag} has {word!r}, expected an instance and two seeds, '
        f'--{flag} 26003=1..2, or the style of a photographed one, '
        'PHOTO:INSTANCE_MAP:ID, in the place of a seed.'
      )
    i = int(match[1])
    if i in parsed:
      raise InputError(f'--{flag} has the instance {i} twice.')
    if match[2] == match[3]:
      raise InputError(
        f'--{flag} {word.strip()} does not move: give two different ends.'
      )
    start, stop = (
      photograph_styles.parse(text) or int(text) for text in match.groups()[1:]
    )
    parsed[i] = (start, stop)
  return parsed


def _parse(
  words: Sequence[str], flag: str, pattern: str, example: str
) -> dict[int, tuple[int, ...]]:
  """The numbers of each word by its id, the first group or the one 'id'."""
  by_id = {}
  for word in words:
    match = re.fullmatch(pattern, word.strip(), re.ASCII)
    if not match:
      raise InputError(
        f'--{flag} has {word!r}, expected instance ids as in --{flag} '
        f'{example}.'
      )
    if 'id' in match.groupdict():
      i, values = int(match['id']), [int(match['value'])]
    else:
      i, *values = map(int, match.groups())
    if i in by_id:
      raise InputError(f'--{flag} has the instance {i} twice.')
    by_id[i] = tuple(values)
  return by_id
