"""Styles of photographs, as flags name them, and of which scene they are."""

import pathlib

import numpy as np
import pytest

from data_pipeline.errors import InputError
from instgan_jax.inference import map_folder, photograph_styles

ONES, ZEROS = np.ones(3, np.float32), np.zeros(3, np.float32)


class Encode:
  """In the place of the Sampler's; remembers what it was asked for."""

  def __init__(self):
    self.calls = []

  def __call__(self, image, instance_map):
    self.calls.append((image, instance_map))
    return {1: ONES, 2: ZEROS}


def scenes(*names):
  return tuple(
    map_folder.SceneFiles(n, pathlib.Path(n), pathlib.Path(f'{n}_ids.png'))
    for n in names
  )


def test_a_photograph_is_encoded_once():
  encode = Encode()
  reader = photograph_styles.Reader(encode)
  assert (
    reader.style(photograph_styles.StyleSource('a.png', 'b.png', 1)) == ONES
  ).all()
  assert (
    reader.style(photograph_styles.StyleSource('a.png', 'b.png', 2)) == ZEROS
  ).all()
  assert encode.calls == [('a.png', 'b.png')]
  with pytest.raises(InputError, match='no instance 3 in b.png. .* 1, 2'):
    reader.style(photograph_styles.StyleSource('a.png', 'b.png', 3))


def test_words_name_instances_or_whole_scenes():
  words = ['26003=a.png:b.png:1', 'c.png', 'd.png:e.png', '/photos/val']
  assert photograph_styles.parse_style_from(words, 'style_from') == (
    {26003: photograph_styles.StyleSource('a.png', 'b.png', 1)},
    (
      photograph_styles.Photograph('c.png'),
      photograph_styles.Photograph('d.png', 'e.png'),
      photograph_styles.Photograph('/photos/val'),
    ),
  )


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['26003=photo.png'], '26003=photo.png:photo_instanceIds.png:26001'),
    (['photo.png:b.png:26003'], "has 'photo.png:b.png:26003', expected an"),
    (['1=a:b:1', '1=a:b:2'], 'has the instance 1 twice'),
    ([''], "has '', expected an instance"),
  ],
)
def test_wrong_words_are_refused(words, message):
  with pytest.raises(InputError, match=message):
    photograph_styles.parse_style_from(words, 'style_from')


def test_a_photograph_with_a_map_gives_its_styles_to_every_scene():
  encode = Encode()
  found = photograph_styles.of_scenes(
    photograph_styles.Photograph('c.png', 'd.png'), scenes('x', 'y'), encode
  )
  assert encode.calls == [('c.png', 'd.png')]
  assert set(found) == {'x', 'y'} and (found['y'][1] == ONES).all()


def test_a_photograph_without_one_is_of_the_only_scene(tmp_path):
  encode = Encode()
  photograph = photograph_styles.Photograph(f'{tmp_path}/c.png')
  assert set(photograph_styles.of_scenes(photograph, scenes('x'), encode)) == {
    'x'
  }
  assert encode.calls == [(f'{tmp_path}/c.png', 'x_ids.png')]
  with pytest.raises(InputError, match='c.png is one photograph, but .* 2 sc'):
    photograph_styles.of_scenes(photograph, scenes('x', 'y'), encode)
  (scene,) = scenes('x')
  unknown = [scene._replace(instance_map=None)]
  with pytest.raises(InputError, match='give --instance_dir'):
    photograph_styles.of_scenes(photograph, unknown, encode)


def test_in_a_folder_each_scene_has_its_own(tmp_path):
  encode = Encode()
  (tmp_path / 'town').mkdir()
  for name in ('town/x_leftImg8bit.png', 'y.jpg', 'readme.txt'):
    (tmp_path / name).touch()
  folder = photograph_styles.Photograph(str(tmp_path))
  photograph_styles.of_scenes(folder, scenes('x', 'y'), encode)
  assert encode.calls == [
    (f'{tmp_path}/town/x_leftImg8bit.png', 'x_ids.png'),
    (f'{tmp_path}/y.jpg', 'y_ids.png'),
  ]
  with pytest.raises(InputError, match='no photograph of z: expected SCENE_le'):
    photograph_styles.of_scenes(folder, scenes('x', 'z'), encode)
