"""Styles are values: laws of sampling, interpolating and keeping them."""

import itertools
import json
import re

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import styles

A, B = (styles.sample(0, 'street', i, 64) for i in (1, 2))


def test_a_style_is_a_function_of_its_arguments():
  for scene in (styles.ANY_SCENE, 'street'):
    first, second = (styles.sample(3, scene, 26001, 64) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    assert first.dtype == np.float32 and first.shape == (64,)


def test_other_seeds_scenes_and_ids_give_other_styles():
  samples = [
    styles.sample(seed, scene, i, 64)
    for seed, scene, i in itertools.product(
      (0, 1, 2**40),
      (styles.ANY_SCENE, 'a', 'b', 'ulm_000001_000019', 'ulm_000002_000019'),
      (0, 1, 26001),
    )
  ]
  for i, a in enumerate(samples):
    for b in samples[:i]:
      assert np.abs(np.dot(a, b)) < 40  # 64 for equal ones, 0 +- 8 otherwise.


@pytest.mark.parametrize('vary', ['seed', 'scene', 'instance_id'])
def test_styles_are_normal(vary):
  plain = {'seed': 0, 'scene': 'street', 'instance_id': 26001}
  samples = np.stack(
    [
      styles.sample(**plain | {vary: f's{i}' if vary == 'scene' else i}, dim=64)
      for i in range(2000)
    ]
  )
  # Standard errors: of the mean 1 / sqrt(128000) = 0.0028, of the variance
  # sqrt(2) times that; of a dimension's mean 1 / sqrt(2000) = 0.022.
  assert abs(samples.mean()) < 0.012 and abs(samples.var() - 1) < 0.016
  assert np.abs(samples.mean(axis=0)).max() < 0.11


def test_the_numbers_stay_what_they_are():
  # numpy 2.4: default_rng((7, 26003)).standard_normal(3, float32). Whoever
  # keeps a seed and an id keeps the style, in all versions.
  np.testing.assert_array_equal(
    styles.sample(7, styles.ANY_SCENE, 26003, 3),
    np.float32([0.34923834, 1.2375658, -1.0629168]),
  )
  # The scene's key: SHA-256 of 'frankfurt_000000_000294' begins with the bytes
  # 30 8c 55 5e f7 3f 5d 8e, the number 3498264876923444622.
  # default_rng((7, 3498264876923444622, 26003)).standard_normal(3, float32):
  np.testing.assert_array_equal(
    styles.sample(7, 'frankfurt_000000_000294', 26003, 3),
    np.float32([2.124473, 2.4816093, -0.5357086]),
  )


@pytest.mark.parametrize('scene', [styles.ANY_SCENE, 'street'])
@pytest.mark.parametrize(('seed', 'i'), [(-1, 0), (0, -1)])
def test_negative_seeds_and_ids_are_refused(seed, scene, i):
  with pytest.raises(InputError, match='expected none below 0'):
    styles.sample(seed, scene, i, 4)


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
    (A, B[:3], 0.5, r'shapes \(64,\) and \(3,\)'),
    (A[None], A[None], 0.5, r'expected the same shape \[D\]'),
  ],
)
def test_what_cannot_be_interpolated_is_refused(a, b, t, message):
  with pytest.raises(InputError, match=message):
    styles.interpolate(a, b, t)


def test_a_file_gives_back_the_same_bits(tmp_path):
  path = tmp_path / 'new' / 'styles.json'
  extremes = np.float32([1e-45, 3.4e38, -0.0, 0.1])
  by_scene = {
    styles.ANY_SCENE: {26003: A, 1: extremes, styles.WHOLE_IMAGE: B},
    'ulm_1': {26003: B, 24000: A},
    'bonn_2': {1: extremes},
  }
  styles.save(path, by_scene, 'abc')
  loaded, weights = styles.load(path)
  assert weights == 'abc'
  assert {scene: set(loaded[scene]) for scene in loaded} == {
    scene: set(by_scene[scene]) for scene in by_scene
  }
  for scene, by_id in by_scene.items():
    for i, style in by_id.items():
      assert loaded[scene][i].dtype == np.float32
      assert loaded[scene][i].tobytes() == style.tobytes()
  assert [p.name for p in path.parent.iterdir()] == ['styles.json']


def test_a_file_of_before_there_were_scenes_is_read(tmp_path):
  path = tmp_path / 'looks.json'
  path.write_text(
    '{"format": "instgan_jax styles", "weights_sha256": "abc", '
    '"styles": {"0": [0.5], "26003": [0.1, -2.0]}}\n'
  )
  loaded, weights = styles.load(path)
  assert weights == 'abc' and list(loaded) == [styles.ANY_SCENE]
  assert list(loaded[styles.ANY_SCENE]) == [0, 26003]
  np.testing.assert_array_equal(
    loaded[styles.ANY_SCENE][26003], np.float32([0.1, -2.0])
  )


def test_styles_of_scenes_alone_have_none_for_any_scene(tmp_path):
  styles.save(tmp_path / 'a.json', {'ulm': {26003: A}})
  assert list(styles.load(tmp_path / 'a.json')[0]) == ['ulm']
  styles.save(tmp_path / 'a.json', {})
  assert styles.load(tmp_path / 'a.json') == ({}, '')


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
    '{"format": "instgan_jax styles", "styles": {"1": [1e99]}}',
    '{"format": "instgan_jax styles", "styles": {}, "scenes": [1]}',
    '{"format": "instgan_jax styles", "styles": {}, "scenes": {"a": {"1": 2}}}',
  ],
)
def test_other_files_are_refused(tmp_path, content):
  path = tmp_path / 'styles.json'
  path.write_text(content)
  with pytest.raises(InputError, match=re.escape(f'{path} is no file of')):
    styles.load(path)


def test_a_missing_file_is_named(tmp_path):
  with pytest.raises(InputError, match='styles.json'):
    styles.load(tmp_path / 'styles.json')


def test_a_file_of_something_else_is_not_replaced(tmp_path):
  (tmp_path / 'notes.txt').write_text('mine')
  with pytest.raises(InputError, match='notes.txt is no file of styles'):
    styles.save(tmp_path / 'notes.txt', {})
  assert (tmp_path / 'notes.txt').read_text() == 'mine'


def test_the_file_is_plain_json(tmp_path):
  style = np.float32([0.1, 2])
  styles.save(
    tmp_path / 'a.json', {styles.ANY_SCENE: {26003: style}, 'ulm': {1: style}}
  )
  content = json.loads((tmp_path / 'a.json').read_text())
  assert content['styles'] == {'26003': [0.1, 2.0]}
  assert content['scenes'] == {'ulm': {'1': [0.1, 2.0]}}
