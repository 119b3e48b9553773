"""Balanced design: which pair of sets, which scene and which side.

Participants come in twins, who see the same pairs of images with the sides
swapped, each in their own order. So every image is on the left exactly as often
as on the right, in every scene. Within one participant and mode, the two sets
of a pair take turns on the left, and the pairs that come an odd number of times
are directed along the trails of an Euler tour, which leaves no set with more
than one excess.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import chance

Pair = tuple[str, str]


class Comparison(NamedTuple):
  """Two images of one scene, side by side."""

  scene: str
  left: str
  right: str

  def swapped(self) -> 'Comparison':
    """The same images with the sides exchanged."""
    return Comparison(self.scene, self.right, self.left)


class Deck:
  """Deals scenes for one pair, every scene once before any comes again."""

  def __init__(self, scenes: Sequence[str], *key: object, turn: float = 0.0):
    """Makes a deck.

    Args:
      scenes: all of them.
      *key: of the order, as `chance.shuffled` takes.
      turn: in [0, 1), where in that order to begin; decks of one key and
        different turns deal different scenes at the same time.
    """
    self._scenes = scenes
    self._key = key
    self._start = int(turn * len(scenes))
    self._lap = 0
    self._rest: list[str] = []

  def deal(self, count: int) -> list[str]:
    """`count` different scenes, at most as many as there are."""
    hand: list[str] = []
    while len(hand) < count:
      if not self._rest:
        order = chance.shuffled(self._scenes, *self._key, self._lap)
        self._rest = order[self._start :] + order[: self._start]
        self._lap += 1
      new = [scene for scene in self._rest if scene not in hand]
      new = new[: count - len(hand)]
      hand += new
      self._rest = [scene for scene in self._rest if scene not in new]
    return hand


def pairs_of(sets: Sequence[str]) -> list[Pair]:
  """Every two sets."""
  return list(itertools.combinations(sets, 2))


def design(
  *,
  sets: Sequence[str],
  scenes: Sequence[str],
  num_participants: int,
  num_questions: Sequence[int],
  num_practice: int,
  seed: int,
) -> tuple[list[list[list[Comparison]]], list[list[list[Comparison]]]]:
  """Deals all questions of a study.

  In each mode, a participant's pairs differ by at most one question, those of
  the whole study by at most two (one for each twin). No participant sees a
  scene twice for one pair, practice included.

  Args:
    sets: names, at least two.
    scenes: names, of which every set has an image.
    num_participants: twins are 0 and 1, 2 and 3, ...; an odd last one has none.
    num_questions: of each mode.
    num_practice: before each mode.
    seed: of all chance.

  Returns:
    The questions that count and those for practice, each as
    [participant][mode][question]; not yet in the order to ask them.

  Raises:
    InputError: if there are too few scenes.
  """
  pairs = pairs_of(sets)
  _check_enough_scenes(len(pairs), len(scenes), num_questions, num_practice)
  num_twins = (num_participants + 1) // 2
  decks = {
    pair: Deck(scenes, seed, 'scenes', turn=i / len(pairs))
    for i, pair in enumerate(pairs)
  }
  parts = [*num_questions, *([num_practice] * len(num_questions))]
  rotations = [
    _rounds(chance.shuffled(sets, seed, 'sets', part), pairs)
    for part in range(len(parts))
  ]
  main, practice = [], []
  for twin in range(num_twins):
    counts = [
      _pair_counts(rotation, part, twin)
      for rotation, part in zip(rotations, parts, strict=True)
    ]
    dealt = {
      pair: decks[pair].deal(sum(count[pair] for count in counts))
      for pair in pairs
    }
    asked = [
      _ask(count, dealt, seed, twin, part) for part, count in enumerate(counts)
    ]
    main.append(asked[: len(num_questions)])
    practice.append(asked[len(num_questions) :])
  return (
    _with_twins(main, num_participants),
    _with_twins(practice, num_participants),
  )


def _check_enough_scenes(num_pairs, num_scenes, num_questions, num_practice):
  modes = len(num_questions)
  needed = sum(-(-count // num_pairs) for count in num_questions)
  needed += modes * -(-num_practice // num_pairs)
  if needed <= num_scenes:
    return
  raise InputError(
    f'Too few scenes: {num_scenes}, but {needed} are needed, because no'
    ' participant sees a scene twice for the same pair of sets (pairs:'
    f' {num_pairs}; questions: {" + ".join(map(str, num_questions))}; practice:'
    f' {num_practice} a mode). Give more scenes, fewer --questions, or fewer'
    ' modes.'
  )


def _rounds(sets: Sequence[str], pairs: Sequence[Pair]) -> list[Pair]:
  """All pairs in the order of a tournament, where every set plays each round.

  What an uneven division leaves over is then whole rounds, if its number
  allows: every set comes equally often, and evenly on both sides.
  """
  named = {frozenset[str | None](pair): pair for pair in pairs}
  # With an odd number of sets, one rests in each round.
  players: list[str | None] = [*sets, None] if len(sets) % 2 else [*sets]
  ordered = []
  for _ in players[1:]:
    half = len(players) // 2
    for a, b in zip(players[:half], players[: half - 1 : -1], strict=True):
      if frozenset((a, b)) in named:
        ordered.append(named[frozenset((a, b))])
    # One stays in its place, the others go round.
    players = [players[0], players[-1], *players[1:-1]]
  return ordered


def _pair_counts(
  rotation: Sequence[Pair], num_questions: int, twin: int
) -> Mapping[Pair, int]:
  """How often each pair comes; the remainder goes round over the twins."""
  each, rest = divmod(num_questions, len(rotation))
  counts = Counter(dict.fromkeys(rotation, each))
  for i in range(rest):
    counts[rotation[(twin * rest + i) % len(rotation)]] += 1
  return counts


def _ask(counts, dealt, seed, twin, part) -> list[Comparison]:
  """Takes the scenes of one participant and mode from those dealt."""
  odd = [pair for pair, count in sorted(counts.items()) if count % 2]
  extra = set(directions(chance.shuffled(odd, seed, 'odd', twin, part)))
  questions = []
  for pair, count in counts.items():
    scenes = [dealt[pair].pop() for _ in range(count)]
    num_left = count // 2 + (pair in extra)
    for i, scene in enumerate(scenes):
      left, right = pair if i < num_left else pair[::-1]
      questions.append(Comparison(scene, left, right))
  return _settle_sides(questions)


def directions(edges: Sequence[Pair]) -> list[Pair]:
  """Directs edges so that at each end as many leave as arrive, or one more.

  Args:
    edges: pairs of different ends, each pair once.

  Returns:
    The same edges as (from, to), along trails that pair the odd ends through
    one more vertex, so that every trail closes (Euler).
  """
  neighbors: dict[str | None, list[str | None]] = defaultdict(list)
  for a, b in edges:
    neighbors[a].append(b)
    neighbors[b].append(a)
  for end in [end for end, others in neighbors.items() if len(others) % 2]:
    neighbors[end].append(None)
    neighbors[None].append(end)
  directed = []
  for start in list(neighbors):
    at = start
    while neighbors[at]:
      to = neighbors[at].pop()
      neighbors[to].remove(at)
      if at is not None and to is not None:
        directed.append((at, to))
      at = to
  return directed


def _settle_sides(questions: list[Comparison]) -> list[Comparison]:
  """Swaps the sides of two questions of a pair where that evens out a scene.

  Twins even out every scene already; this is for a participant without one.
  How often which set of a pair is on the left stays as it is.
  """
  excess: Counter[tuple[str, str]] = Counter()
  for question in questions:
    excess[question.scene, question.left] += 1
    excess[question.scene, question.right] -= 1
  opposite = defaultdict(list)
  for i, question in enumerate(questions):
    opposite[question.left, question.right].append(i)
  moved = True
  while moved:
    moved = False
    for (left, right), here in list(opposite.items()):
      there = opposite[right, left]
      for a, b in itertools.product(range(len(here)), range(len(there))):
        i, j = here[a], there[b]
        gain = _gain(excess, questions[i]) + _gain(excess, questions[j])
        if questions[i].scene == questions[j].scene or gain <= 0:
          continue
        for index in (i, j):
          _swap(excess, questions, index)
        here[a], there[b] = j, i
        moved = True
  return questions


def _gain(excess: Counter, question: Comparison) -> int:
  """How much the squares of the excesses fall, over 4, if sides are swapped."""
  scene, left, right = question
  return excess[scene, left] - excess[scene, right] - 2


def _swap(excess: Counter, questions: list[Comparison], index: int) -> None:
  scene, left, right = questions[index]
  excess[scene, left] -= 2
  excess[scene, right] += 2
  questions[index] = questions[index].swapped()


def _with_twins(questions, num_participants):
  """[twin][mode][question] -> [participant][mode][question]."""
  everyone = []
  for modes in questions:
    everyone.append(modes)
    everyone.append([[q.swapped() for q in asked] for asked in modes])
  return everyone[:num_participants]
