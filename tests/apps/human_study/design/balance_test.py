import itertools
import random
from collections import Counter

import pytest

from data_pipeline.errors import InputError
from instgan_jax.apps.human_study.design import balance


def sizes(seed):
  """Arguments of `design` with barely or more than enough scenes."""
  dice = random.Random(seed)
  sets = list('ABCDE'[: dice.randint(2, 5)])
  num_pairs = len(balance.pairs_of(sets))
  questions = [dice.randint(1, 40) for _ in range(dice.randint(1, 2))]
  practice = dice.randint(0, 4)
  needed = sum(-(-count // num_pairs) for count in questions)
  needed += len(questions) * -(-practice // num_pairs)
  num_scenes = needed + dice.choice([0, 0, 1, 3, 20, 100])
  return {
    'sets': sets,
    'scenes': [f'scene {i}' for i in range(num_scenes)],
    'num_participants': dice.randint(1, 9),
    'num_questions': questions,
    'num_practice': practice,
    'seed': seed,
  }


def left_minus_right(questions, key):
  excess = Counter()
  for question in questions:
    excess[key(question), question.left] += 1
    excess[key(question), question.right] -= 1
  return [abs(value) for value in excess.values()]


def pair(question):
  return frozenset((question.left, question.right))


# 60 studies a case: 240 in all.
@pytest.mark.parametrize('first', range(0, 240, 60))
def test_sides_pairs_and_scenes_are_balanced_for_any_seed_and_size(first):
  for seed in range(first, first + 60):
    arguments = sizes(seed)
    main, practice = balance.design(**arguments)
    pairs = [frozenset(p) for p in balance.pairs_of(arguments['sets'])]
    for mode, num_questions in enumerate(arguments['num_questions']):
      total = Counter(dict.fromkeys(pairs, 0))
      for asked in main:
        questions = asked[mode]
        assert len(questions) == num_questions
        counts = Counter(dict.fromkeys(pairs, 0))
        counts.update(map(pair, questions))
        total.update(counts)
        assert max(counts.values()) - min(counts.values()) <= 1
        # Each set, and within each pair: half on the left, to one if odd.
        assert max(left_minus_right(questions, lambda q: None)) <= 1
        assert max(left_minus_right(questions, pair)) <= 1
      assert max(total.values()) - min(total.values()) <= 2
      everybody = [q for asked in main for q in asked[mode]]
      uneven = max(left_minus_right(everybody, lambda q: q.scene))
      # Twins cancel; one participant without a twin leaves at most two.
      assert uneven <= (2 if arguments['num_participants'] % 2 else 0)
    for asked in zip(main, practice, strict=True):
      seen = [
        (q.scene, pair(q)) for part in asked for mode in part for q in mode
      ]
      assert len(seen) == len(set(seen)), 'A scene twice for one pair.'


def test_scenes_are_used_equally_often():
  main, _ = balance.design(
    sets=['A', 'B', 'C'],
    scenes=[f's{i}' for i in range(30)],
    num_participants=20,
    num_questions=[45],
    num_practice=0,
    seed=3,
  )
  uses = Counter((q.scene, pair(q)) for asked in main for q in asked[0])
  # 10 twins x 15 questions of a pair over 30 scenes: 5 each, for two people.
  assert set(uses.values()) == {10}
  assert len(uses) == 90


def test_four_sets_and_a_hundred_questions_leave_no_excess():
  # 100 = 16 x 6 pairs + 2 rounds of 2: each set comes 50 times, 25 left.
  main, _ = balance.design(
    sets=list('ABCD'),
    scenes=[f's{i}' for i in range(40)],
    num_participants=16,
    num_questions=[100, 100],
    num_practice=0,
    seed=5,
  )
  for asked in itertools.chain.from_iterable(main):
    assert Counter(q.left for q in asked) == dict.fromkeys('ABCD', 25)
    assert Counter(q.right for q in asked) == dict.fromkeys('ABCD', 25)


def test_the_seed_decides_everything():
  arguments = sizes(11)
  assert balance.design(**arguments) == balance.design(**arguments)
  assert balance.design(**arguments) != balance.design(
    **{**arguments, 'seed': 12}
  )


@pytest.mark.parametrize('num_sets', range(2, 7))
def test_directions_leave_no_end_with_more_than_one_excess(num_sets):
  edges = list(itertools.combinations(range(num_sets), 2))
  for chosen in range(2 ** min(len(edges), 10)):
    some = [edge for i, edge in enumerate(edges) if chosen >> i & 1]
    directed = balance.directions(some)
    assert sorted(tuple(sorted(edge)) for edge in directed) == some
    excess = Counter()
    for start, end in directed:
      excess[start] += 1
      excess[end] -= 1
    assert all(abs(value) <= 1 for value in excess.values())


def test_too_few_scenes_are_refused_with_the_numbers():
  # 6 pairs: 17 scenes for 100 questions, twice, and 1 for 3 of practice, twice.
  with pytest.raises(
    InputError, match=r'Too few scenes: 35, but 36 are needed'
  ):
    balance.design(
      sets=list('ABCD'),
      scenes=[f's{i}' for i in range(35)],
      num_participants=16,
      num_questions=[100, 100],
      num_practice=3,
      seed=0,
    )
