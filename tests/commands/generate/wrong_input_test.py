"""Wrong input, and the words it is refused with."""

import os
import shutil

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.commands import named_instances
from instgan_jax.inference import edits
from tests.commands.generate import streets

pytestmark = pytest.mark.slow

NAMES = streets.NAMES


def test_an_id_of_no_scene_is_answered_with_those_of_the_first(
  generate, monkeypatch
):
  monkeypatch.setattr(named_instances, '_NUM_IDS_SHOWN', 0)
  with pytest.raises(
    InputError,
    match=f'no instance 999 in any of 4 .* {NAMES[0]}, has 2',
  ):
    generate(changes=edits.Edits(resample={999: 1}))


def test_images_do_not_lie_among_the_maps(generate, maps, tmp_path):
  own = str(shutil.copytree(maps, tmp_path / 'maps'))
  for name in ('maps', 'maps/toytown/deep'):
    with pytest.raises(
      InputError, match='lies among the maps in .*/maps: choo'
    ):
      generate(name, label_dir=own)


@pytest.mark.parametrize(
  ('options', 'message'),
  [
    ({'plan': {'num_samples': 0}}, '--num_draws is 0, expected at least 1'),
    ({'plan': {'seed': -1}}, '--seed is -1, expected at least 0'),
    ({'plan': {'num_frames': 1}}, '--frames is 1, expected at least 2'),
    (
      {
        'changes': edits.Edits(interpolate={1: (1, 2)}),
        'plan': {'num_samples': 2},
      },
      'leave out --num_draws',
    ),
    ({'changes': edits.Edits(vary=(1,))}, 'give --num_draws'),
    (
      {
        'changes': edits.Edits(vary=(1,), copy={1: 2}),
        'plan': {'num_samples': 2},
      },
      'give the instance 1 its style: leave out all but one',
    ),
    (
      {'save_styles': 'a.json', 'plan': {'num_samples': 2}},
      'keeps one style for each instance of a scene',
    ),
    (
      {'changes': edits.Edits(resample={999: 1})},
      'no instance 999 here. Present are: 24',
    ),
    (
      {'changes': edits.Edits(copy={999: 1}), 'scenes': NAMES[:1]},
      'no instance 1 here. Present are: ',
    ),
    (
      {'changes': edits.Edits(kept={'': {999: np.zeros(64, np.float32)}})},
      'No scene has an instance of those in --styles or --style_from: 999',
    ),
  ],
)
def test_what_cannot_be_generated_is_refused(generate, options, message):
  with pytest.raises(InputError, match=message):
    generate(**options)


def test_styles_of_another_generator_are_refused(generate, maps, folder):
  i = streets.scene_of(maps, folder, NAMES[0]).instance_ids[0]
  changes = edits.Edits(kept={NAMES[0]: {i: np.zeros(3, np.float32)}})
  with pytest.raises(InputError, match=r'expected \(64,\)'):
    generate(changes=changes)


def test_an_output_folder_that_is_a_file_is_refused(generate, tmp_path):
  (tmp_path / 'out').touch()
  with pytest.raises(InputError, match='out cannot be used: File exists'):
    generate()
  (tmp_path / 'here').touch()
  with pytest.raises(InputError, match='cannot be used: Not a directory'):
    generate('here/out')


def test_maps_that_do_not_match_are_named(generate, maps, tmp_path):
  for kind, name in (
    ('labelIds', NAMES[0]),
    ('instanceIds', NAMES[1]),
  ):
    path = f'{maps}/toytown/{name}_gtFine_{kind}.png'
    (tmp_path / 'maps').mkdir(exist_ok=True)
    os.symlink(path, tmp_path / 'maps' / f'x_{kind}.png')
  wrong = str(tmp_path / 'maps')
  with pytest.raises(InputError, match='x_instanceIds.png: label map and'):
    generate(label_dir=wrong, instance_dir=wrong)
