"""What is done to the styles that a seed gives: an order, written in flags.

Each flag names instances by their ids, as the instance map has them; 0 is the
style of the whole picture, see `inference.styles`:

  26003=7         the style that the seed 7 has for the instance 26003
  26003:26007     the style of 26003 also for 26007
  26003=1..2      from the style of seed 1 to that of seed 2
"""

import dataclasses
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from data_pipeline.errors import InputError
from instgan_jax.inference import styles as styles_lib


@dataclasses.dataclass(frozen=True)
class Edits:
  """Changes of styles, made in the order of the attributes.

  Attributes:
    kept: styles that replace those of the seed, by id.
    vary: the ids whose style alone changes between draws; all if empty.
    resample: seeds by id.
    copy: the source's id by the target's. All sources are looked up before
      any target changes, so that two instances can swap.
    interpolate: by id the seeds at the start and at the end.
  """

  kept: Mapping[int, np.ndarray] = dataclasses.field(default_factory=dict)
  vary: tuple[int, ...] = ()
  resample: Mapping[int, int] = dataclasses.field(default_factory=dict)
  copy: Mapping[int, int] = dataclasses.field(default_factory=dict)
  interpolate: Mapping[int, tuple[int, int]] = dataclasses.field(
    default_factory=dict
  )

  @property
  def named_ids(self) -> tuple[int, ...]:
    """Every id that somebody wrote, which should therefore exist."""
    return tuple(
      dict.fromkeys(
        [
          *self.vary,
          *self.resample,
          *self.copy.values(),
          *self.copy,
          *self.interpolate,
        ]
      )
    )

  def styles(
    self,
    ids: Iterable[int],
    style: Callable[[int, int], np.ndarray],
    *,
    seed: int,
    draw: int = 0,
    t: float = 0.0,
  ) -> styles_lib.Styles:
    """The styles of some instances.

    Args:
      ids: of the instances. Edits of others are left out.
      style: (instance id, seed) -> float32 [D].
      seed: of the first draw.
      draw: which draw of several, from 0 on; it has the seed `seed + draw`.
      t: where in the interpolations, from 0 to 1.
    """
    ids = tuple(ids)
    found = {i: self._before_copies(i, style, seed, draw) for i in ids}
    for target, source in self.copy.items():
      if target in found:
        found[target] = self._before_copies(source, style, seed, draw)
    for i, (start, end) in self.interpolate.items():
      if i in found:
        found[i] = styles_lib.interpolate(style(i, start), style(i, end), t)
    return found

  def _before_copies(self, i, style, seed, draw) -> np.ndarray:
    if i in self.resample:
      return style(i, self.resample[i])
    if draw and i in self.vary:
      return style(i, seed + draw)
    if i in self.kept:
      return self.kept[i]
    return style(i, seed if self.vary else seed + draw)


def parse_ids(words: Sequence[str], flag: str) -> tuple[int, ...]:
  """['26003', '26004'] -> (26003, 26004); raises InputError."""
  found = _parse(words, flag, r'(\d+)', '26003,26004')
  return tuple(found)


def parse_resample(words: Sequence[str], flag: str) -> dict[int, int]:
  """['26003=7'] -> {26003: 7}, seeds by id; raises InputError."""
  found = _parse(words, flag, r'(\d+)=(\d+)', '26003=7,26004=8')
  return {i: seed for i, (seed,) in found.items()}


def parse_copy(words: Sequence[str], flag: str) -> dict[int, int]:
  """['26003:26007'] -> {26007: 26003}, sources by target."""
  found = _parse(
    words, flag, r'(?P<value>\d+):(?P<id>\d+)', '26003:26007 (from:to)'
  )
  return {target: source for target, (source,) in found.items()}


def parse_interpolate(
  words: Sequence[str], flag: str
) -> dict[int, tuple[int, int]]:
  """['26003=1..2'] -> {26003: (1, 2)}, seeds of start and end by id."""
  found = _parse(words, flag, r'(\d+)=(\d+)\.\.(\d+)', '26003=1..2')
  for i, (start, end) in found.items():
    if start == end:
      raise InputError(
        f'--{flag} {i}={start}..{end} goes nowhere: give two different seeds.'
      )
  return found


def _parse(
  words: Sequence[str], flag: str, pattern: str, example: str
) -> dict[int, tuple[int, ...]]:
  """The numbers of each word by its id, the first group or the one 'id'."""
  found = {}
  for word in words:
    match = re.fullmatch(pattern, word.strip(), re.ASCII)
    if not match:
      raise InputError(
        f'--{flag} has {word!r}, expected instance ids as in --{flag} '
        f'{example}.'
      )
    if 'id' in match.groupdict():
      i, values = int(match['id']), (int(match['value']),)
    else:
      i, *values = map(int, match.groups())
    if i in found:
      raise InputError(f'--{flag} has the instance {i} twice.')
    found[i] = tuple(values)
  return found
