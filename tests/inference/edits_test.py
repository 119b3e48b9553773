"""Edits of styles: what the flags mean, and in which order they act."""

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import edits, photograph_styles, styles

SCENE = 'street'
IDS = (24000, 26003, 26007)
ONES, ZEROS = np.ones(8, np.float32), np.zeros(8, np.float32)


def style(i, seed):
  return styles.sample(seed, SCENE, i, 8)


def edited(*, ids=IDS, seed=5, sample=0, t=0.0, **changes):
  """The styles of the scene after some edits."""
  return edits.Edits(**changes).styles(
    SCENE, ids, style, seed=seed, sample=sample, t=t
  )


def assert_equal(results, expected):
  assert set(results) == set(expected)
  for i in expected:
    np.testing.assert_array_equal(results[i], expected[i], err_msg=str(i))


def plain(seed=5):
  return {i: style(i, seed) for i in IDS}


def test_no_edit_leaves_the_styles_of_the_seed():
  assert_equal(edited(), plain())
  assert_equal(edited(sample=2), plain(7))


def test_resampling_changes_one_instance():
  assert_equal(edited(resample={26003: 9}), {**plain(), 26003: style(26003, 9)})


@pytest.mark.parametrize('scene', [SCENE, styles.ANY_SCENE])
def test_kept_styles_replace_those_of_the_seed_in_every_sample(scene):
  kept = {scene: {26003: ONES, 33000: ZEROS}}
  assert_equal(edited(kept=kept), {**plain(), 26003: ONES})
  assert_equal(edited(kept=kept, sample=1), {**plain(6), 26003: ONES})


def test_kept_styles_are_those_of_the_scene_before_those_of_any():
  kept = {
    styles.ANY_SCENE: {24000: ZEROS, 26003: ZEROS},
    SCENE: {26003: ONES},
    'another street': {26007: ONES},
  }
  assert_equal(
    edited(kept=kept), {24000: ZEROS, 26003: ONES, 26007: style(26007, 5)}
  )
  assert_equal(
    edits.Edits(kept=kept).kept_in(SCENE), {24000: ZEROS, 26003: ONES}
  )
  assert edits.Edits().kept_in(SCENE) == {}


def test_varied_instances_alone_change_between_samples():
  changes = {'kept': {SCENE: {26003: ONES}}, 'vary': (26003, 24000)}
  assert_equal(edited(**changes), {**plain(), 26003: ONES})
  assert_equal(
    edited(**changes, sample=1),
    {**plain(), 26003: style(26003, 6), 24000: style(24000, 6)},
  )


def test_a_copy_is_exact_and_made_after_resampling():
  results = edited(resample={26003: 9}, copy={26007: 26003})
  np.testing.assert_array_equal(results[26007], style(26003, 9))


def test_instances_can_swap_their_styles():
  assert_equal(
    edited(copy={26003: 26007, 26007: 26003}),
    {**plain(), 26003: style(26007, 5), 26007: style(26003, 5)},
  )


def test_the_source_of_a_copy_need_not_be_in_the_scene():
  assert_equal(
    edited(copy={26007: 26003}, ids=(26007,)), {26007: style(26003, 5)}
  )


def test_the_ends_of_an_interpolation_are_the_two_seeds():
  interpolate = {26003: (1, 2)}
  for t, seed in ((0.0, 1), (1.0, 2)):
    assert_equal(
      edited(interpolate=interpolate, t=t),
      {**plain(), 26003: style(26003, seed)},
    )
  np.testing.assert_array_equal(
    edited(interpolate=interpolate, t=0.5)[26003],
    styles.interpolate(style(26003, 1), style(26003, 2), 0.5),
  )


def test_edits_of_instances_elsewhere_are_left_out():
  changes = {
    'resample': {1: 2},
    'copy': {3: 4},
    'interpolate': {5: (6, 7)},
    'vary': (8,),
  }
  assert_equal(edited(**changes), plain())
  assert edits.Edits(**changes).named_ids == (8, 1, 4, 3, 5)


def test_flags_are_read():
  assert edits.parse_ids(['26003', ' 26004'], 'vary') == (26003, 26004)
  assert edits.parse_resample(['26003=7', '0=8'], 'resample') == {
    26003: 7,
    0: 8,
  }
  assert edits.parse_copy(['26003:26007', '26003:1'], 'copy') == {
    26007: 26003,
    1: 26003,
  }
  assert edits.parse_interpolate(['26003=1..20'], 'interpolate') == {
    26003: (1, 20)
  }
  assert edits.parse_copy([], 'copy') == {}


@pytest.mark.parametrize(
  ('parse', 'words'),
  [
    (edits.parse_ids, ['car']),
    (edits.parse_resample, ['26003']),
    (edits.parse_resample, ['26003=-1']),
    (edits.parse_resample, ['26003=7=8']),
    (edits.parse_resample, ['٣=1']),
    (edits.parse_copy, ['26003=26007']),
    (edits.parse_copy, ['26003:']),
    (edits.parse_interpolate, ['26003=1.2']),
    (edits.parse_interpolate, ['26003=1..2..3']),
  ],
)
def test_flags_written_otherwise_are_refused(parse, words):
  with pytest.raises(InputError, match=rf'--flag has {words[0]!r}, expected'):
    parse(words, 'flag')


def test_an_interpolation_to_the_same_style_is_refused():
  with pytest.raises(InputError, match='--flag 3=5..5 does not move'):
    edits.parse_interpolate(['3=5..5'], 'flag')


def test_an_instance_is_named_once():
  with pytest.raises(InputError, match='--copy has the instance 3 twice'):
    edits.parse_copy(['1:3', '2:3'], 'copy')


def test_photographed_styles_are_given_and_interpolated_when_they_are_read():
  reader = photograph_styles.Reader(
    lambda image, instance_map: {1: ONES, 2: ZEROS}
  )
  source = photograph_styles.StyleSource('a.png', 'b.png', 1)
  words = ['24000=a.png:b.png:1..../a.png:b.png:2', '26007=3..a.png:b.png:1']
  changes = edits.Edits(
    copy={26003: 26003},
    style_from={26003: source},
    interpolate=edits.parse_interpolate(words, 'interpolate'),
  )
  assert changes.named_ids == (26003, 24000, 26007)
  assert changes.interpolate[24000][1] == photograph_styles.StyleSource(
    '../a.png', 'b.png', 2
  )
  read = changes.with_styles(reader)
  for t, expected in (
    (0.0, {24000: ONES, 26003: ONES, 26007: style(26007, 3)}),
    (1.0, {24000: ZEROS, 26003: ONES, 26007: ONES}),
  ):
    assert_equal(read.styles(SCENE, IDS, style, seed=5, t=t), expected)


@pytest.mark.parametrize(
  ('word', 'message'),
  [
    (
      '3=a.png..b.png',
      'of a photographed one, PHOTO:INSTANCE_MAP:ID, in the place',
    ),
    ('3=1..a.png:b.png', 'expected an instance and two seeds'),
    ('3=a:b:1..a:b:1', 'does not move'),
  ],
)
def test_wrong_sources_at_the_ends_are_refused(word, message):
  with pytest.raises(InputError, match=message):
    edits.parse_interpolate([word], 'interpolate')
