"""Styles are values: laws of drawing, mixing and keeping them."""

import json
import re

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import styles

A, B = styles.draw_one(0, 1, 64), styles.draw_one(0, 2, 64)


def test_a_style_depends_on_seed_and_id_alone():
  few = styles.draw(3, (26001, 24000), 64)
  many = styles.draw(3, (24000, 24001, 26000, 26001, 33007), 64)
  for i in few:
    np.testing.assert_array_equal(few[i], many[i])
    assert few[i].dtype == np.float32 and few[i].shape == (64,)


def test_other_seeds_and_ids_give_other_styles():
  drawn = [
    styles.draw_one(seed, i, 64) for seed in (0, 1, 2**40) for i in (0, 1, 2)
  ]
  for i, a in enumerate(drawn):
    for b in drawn[:i]:
      assert np.abs(np.dot(a, b)) < 40  # 64 for equal ones, 0 +- 8 otherwise.


def test_styles_are_normal():
  drawn = np.stack([*styles.draw(0, range(2000), 64).values()])
  # Standard errors: of the mean 1 / sqrt(128000) = 0.0028, of the variance
  # sqrt(2) times that.
  assert abs(drawn.mean()) < 0.012 and abs(drawn.var() - 1) < 0.016


def test_the_numbers_stay_what_they_are():
  # numpy 2.4: default_rng((7, 26003)).standard_normal(3, float32). Whoever
  # keeps a seed and an id keeps the look, in all versions.
  np.testing.assert_array_equal(
    styles.draw_one(7, 26003, 3),
    np.float32([0.34923834, 1.2375658, -1.0629168]),
  )


@pytest.mark.parametrize('arguments', [(-1, 0), (0, -1)])
def test_negative_seeds_and_ids_are_refused(arguments):
  with pytest.raises(InputError, match='expected none below 0'):
    styles.draw_one(*arguments, 4)


def test_the_ends_of_an_interpolation_are_exact():
  np.testing.assert_array_equal(styles.interpolate(A, B, 0.0), A)
  np.testing.assert_array_equal(styles.interpolate(A, B, 1.0), B)


def test_an_end_is_a_copy():
  end = styles.interpolate(A, B, 0.0)
  end[0] = 9
  assert A[0] != 9


def test_interpolation_follows_the_sphere():
  # From 2 e0 to 4 e1: a quarter circle, so at t = 1/3 by 30 degrees, at length
  # 2 + 2/3.
  found = styles.interpolate(np.float32([2, 0]), np.float32([0, 4]), 1 / 3)
  np.testing.assert_allclose(
    found, 8 / 3 * np.array([np.sqrt(3) / 2, 0.5]), rtol=1e-6
  )


def test_a_way_of_small_steps_is_even_and_symmetric():
  way = [styles.interpolate(A, B, t) for t in np.linspace(0, 1, 21)]
  back = [styles.interpolate(B, A, t) for t in np.linspace(0, 1, 21)]
  np.testing.assert_allclose(way, back[::-1], atol=2e-6)
  steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
  assert steps.max() / steps.min() < 1.2
  # All the way among lengths that N(0, 1) has; half of a straight line's
  # would be 1 / sqrt(2) of them.
  lengths = np.linalg.norm(way, axis=1)
  assert min(lengths) >= 0.999 * min(lengths[0], lengths[-1])


def test_equal_and_parallel_styles_interpolate():
  np.testing.assert_allclose(styles.interpolate(A, A, 0.3), A, rtol=1e-6)
  found = styles.interpolate(A, 3 * A, 0.5)
  np.testing.assert_allclose(found, 2 * A, rtol=1e-6)
  nearly = A * (1 + np.float32(1e-7))
  assert np.isfinite(styles.interpolate(A, nearly, 0.5)).all()


def test_interpolation_with_the_origin_is_straight():
  np.testing.assert_allclose(
    styles.interpolate(np.zeros(64, np.float32), A, 0.25), A / 4, rtol=1e-6
  )


@pytest.mark.parametrize(
  ('a', 'b', 't', 'message'),
  [
    (A, -A, 0.5, 'exactly opposite'),
    (A, B, 1.5, 't is 1.5, expected it between 0 and 1'),
    (A, B, float('nan'), 't is nan'),
    (A, B[:3], 0.5, r'shapes \[\(3,\), \(64,\)\]'),
  ],
)
def test_what_cannot_be_interpolated_is_refused(a, b, t, message):
  with pytest.raises(InputError, match=message):
    styles.interpolate(a, b, t)


def test_the_average_lies_on_the_sphere_between_them():
  np.testing.assert_allclose(styles.average([A]), A, rtol=1e-6)
  unit = np.linalg.norm(A) * B / np.linalg.norm(B)
  np.testing.assert_allclose(
    styles.average([A, unit]), styles.interpolate(A, unit, 0.5), rtol=1e-5
  )
  # e0, e1, e2: mean direction (1, 1, 1) / sqrt(3), mean length 1.
  np.testing.assert_allclose(
    styles.average(np.eye(3, dtype=np.float32)), np.full(3, 3**-0.5), rtol=1e-6
  )


@pytest.mark.parametrize(
  ('given', 'message'),
  [([A, -A], 'cancel out'), ([], 'expected at least one'), ([A, B[:2]], 'D')],
)
def test_what_has_no_average_is_refused(given, message):
  with pytest.raises(InputError, match=message):
    styles.average(given)


def test_a_file_gives_back_the_same_bits(tmp_path):
  path = tmp_path / 'new' / 'looks.json'
  drawn = styles.draw(5, (26003, 24000, styles.PICTURE), 64)
  drawn[1] = np.float32([1e-45, 3.4e38, -0.0, 0.1])
  styles.save(path, drawn, 'abc')
  loaded, weights = styles.load(path)
  assert weights == 'abc' and list(loaded) == [0, 1, 24000, 26003]
  for i, style in drawn.items():
    assert loaded[i].dtype == np.float32
    assert loaded[i].tobytes() == style.tobytes()
  assert [p.name for p in path.parent.iterdir()] == ['looks.json']


@pytest.mark.parametrize(
  'content',
  [
    'nonsense',
    '[]',
    '{}',
    '{"format": "other", "styles": {}}',
    '{"format": "instgan_jax styles"}',
    '{"format": "instgan_jax styles", "styles": {"car": [1]}}',
    '{"format": "instgan_jax styles", "styles": {"1": ["a"]}}',
    '{"format": "instgan_jax styles", "styles": {"1": 2}}',
    '{"format": "instgan_jax styles", "styles": {"1": [1, [2]]}}',
    '{"format": "instgan_jax styles", "styles": {"1": [NaN]}}',
  ],
)
def test_other_files_are_refused(tmp_path, content):
  path = tmp_path / 'looks.json'
  path.write_text(content)
  with pytest.raises(InputError, match=re.escape(f'{path} is no file of')):
    styles.load(path)


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(InputError, match='looks.json'):
    styles.load(tmp_path / 'looks.json')


def test_the_file_is_plain_json(tmp_path):
  styles.save(tmp_path / 'a.json', {26003: np.float32([0.1, 2])})
  content = json.loads((tmp_path / 'a.json').read_text())
  assert content['styles'] == {'26003': [0.1, 2.0]}
