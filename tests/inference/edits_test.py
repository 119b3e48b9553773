"""Changes of styles: what the flags mean, and in which order they act."""

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import edits, styles

IDS = (24000, 26003, 26007)


def style(i, seed):
  return styles.draw_one(seed, i, 8)


def looks(*arguments, ids=IDS, seed=5, **options):
  return edits.Edits(*arguments).styles(ids, style, seed=seed, **options)


def assert_equal(found, expected):
  assert set(found) == set(expected)
  for i in expected:
    np.testing.assert_array_equal(found[i], expected[i], err_msg=str(i))


def plain(seed=5):
  return {i: style(i, seed) for i in IDS}


def test_no_edit_leaves_the_styles_of_the_seed():
  assert_equal(looks(), plain())
  assert_equal(looks(draw=2), plain(7))


def test_resampling_changes_one_instance():
  found = edits.Edits(resample={26003: 9}).styles(IDS, style, seed=5)
  assert_equal(found, {**plain(), 26003: style(26003, 9)})


def test_kept_styles_replace_those_of_the_seed_in_every_draw():
  kept = {26003: np.ones(8, np.float32), 33000: np.zeros(8, np.float32)}
  assert_equal(looks(kept), {**plain(), 26003: kept[26003]})
  assert_equal(looks(kept, draw=1), {**plain(6), 26003: kept[26003]})


def test_varied_instances_alone_change_between_draws():
  changes = edits.Edits({26003: np.ones(8, np.float32)}, (26003, 24000))
  first, second = (
    changes.styles(IDS, style, seed=5, draw=draw) for draw in (0, 1)
  )
  assert_equal(first, {**plain(), 26003: np.ones(8)})
  assert_equal(
    second, {**plain(), 26003: style(26003, 6), 24000: style(24000, 6)}
  )


def test_a_copy_is_exact_and_made_after_resampling():
  found = edits.Edits(resample={26003: 9}, copy={26007: 26003}).styles(
    IDS, style, seed=5
  )
  np.testing.assert_array_equal(found[26007], style(26003, 9))


def test_instances_can_swap_their_styles():
  found = edits.Edits(copy={26003: 26007, 26007: 26003}).styles(
    IDS, style, seed=5
  )
  assert_equal(
    found, {**plain(), 26003: style(26007, 5), 26007: style(26003, 5)}
  )


def test_the_source_of_a_copy_may_be_in_another_scene():
  found = edits.Edits(copy={26007: 26003}).styles((26007,), style, seed=5)
  assert_equal(found, {26007: style(26003, 5)})


def test_the_ends_of_an_interpolation_are_the_two_seeds():
  changes = edits.Edits(interpolate={26003: (1, 2)})
  for t, seed in ((0.0, 1), (1.0, 2)):
    found = changes.styles(IDS, style, seed=5, t=t)
    assert_equal(found, {**plain(), 26003: style(26003, seed)})
  middle = changes.styles(IDS, style, seed=5, t=0.5)[26003]
  np.testing.assert_array_equal(
    middle, styles.interpolate(style(26003, 1), style(26003, 2), 0.5)
  )


def test_edits_of_instances_elsewhere_are_left_out():
  changes = edits.Edits(
    resample={1: 2}, copy={3: 4}, interpolate={5: (6, 7)}, vary=(8,)
  )
  assert_equal(changes.styles(IDS, style, seed=5), plain())
  assert changes.named_ids == (8, 1, 4, 3, 5)


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


def test_a_way_to_the_same_style_is_refused():
  with pytest.raises(InputError, match='--flag 3=5..5 goes nowhere'):
    edits.parse_interpolate(['3=5..5'], 'flag')


def test_an_instance_is_named_once():
  with pytest.raises(InputError, match='--copy has the instance 3 twice'):
    edits.parse_copy(['1:3', '2:3'], 'copy')
