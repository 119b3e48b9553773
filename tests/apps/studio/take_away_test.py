"""What is taken along makes the same picture again, and opens again."""

import io
import json
import pathlib
import shlex
import zipfile

import pytest

from instgan_jax.apps.studio import models, take_away
from instgan_jax.inference import shipped_generator
from instgan_jax.inference import styles as styles_lib
from tests import commands_in_process
from tests.apps.studio import studios

pytestmark = pytest.mark.slow


def edited(studio):
  """A toy street with a new car, and styles of every kind."""
  scene = studio.toy(4)
  ids = [made['id'] for made in studio.layout(scene).json()['instances']]
  mix = {'mix': [{'seed': 1}, {'seed': 2, 'of': ids[0]}], 't': 0.3}
  return {
    **scene,
    'seed': 3,
    'edits': [
      {'do': 'copy', 'id': ids[-1], 'box': [12, 5, 13, 22]},
      {'do': 'fill', 'label': 9, 'point': [31.5, 32.0]},
    ],
    'styles': {ids[-1]: mix, ids[-2]: {'seed': 8, 'of': ids[-1]}},
  }


@pytest.mark.parametrize('model', [0, 1])
def test_the_command_gives_the_picture_byte_for_byte(
  studio, tmp_path, monkeypatch, model
):
  scene = edited(studio)
  body = {'page': studios.PAGE, 'model': model, 'scene': scene}
  archive = studio.client.post('/api/archive', json=body)
  zipfile.ZipFile(io.BytesIO(archive.content)).extractall(tmp_path)
  folder = tmp_path / scene['name']
  monkeypatch.chdir(tmp_path)
  words = shlex.split((folder / 'command.txt').read_text())
  assert words[:2] == ['python', '-m']
  commands_in_process.run(*words[2:])
  picture = folder / f'{scene["name"]}.png'
  again = folder / 'images' / picture.name
  assert again.read_bytes() == picture.read_bytes()
  shown = studios.image_of(studio.picture(scene, model=model))
  assert (studios.image_of_file(picture) == shown).all()


def test_the_command_names_the_weights_where_there_are_several(tmp_path):
  """An export has a step, but no other; what ships has no workdir."""
  exported = studios.model(tmp_path)
  metadata = {'origin': {'step': 40, 'uses_ema': True, 'weights_sha256': 'a'}}
  (pathlib.Path(exported) / 'weights.json').write_text(json.dumps(metadata))
  (model,) = models.load([exported])
  assert model.sampler.step == 40
  command = take_away.command(model, 'x')
  assert f'--workdir {exported}' in command and '--step' not in command
  model = model._replace(folder=shipped_generator.FOLDER)
  assert '--workdir' not in take_away.command(model, 'x')


def test_the_scene_in_the_archive_opens_again(studio):
  scene = edited(studio)
  body = {'page': studios.PAGE, 'scene': scene}
  archive = studio.client.post('/api/archive', json=body)
  with zipfile.ZipFile(io.BytesIO(archive.content)) as file:
    name = scene['name']
    again = json.loads(file.read(f'{name}/{name}.studio.json'))
    assert f'{name}/styles.json' in file.namelist()
  assert studio.layout(again).json() == studio.layout(scene).json()
  assert studio.picture(again).content == studio.picture(scene).content


def test_numbers_of_a_file_of_styles_are_a_style(studio, tmp_path):
  scene = edited(studio)
  one = next(iter(scene['styles']))
  style = studio.sampler.style(one, seed=9, scene=scene['name'])
  styles_lib.save(tmp_path / 'a.json', {'x': {one: style}})
  values = json.loads((tmp_path / 'a.json').read_text())['scenes']['x']
  pictures = [
    studio.picture({**scene, 'styles': {one: recipe}}).content
    for recipe in ({'values': values[str(one)]}, {'seed': 9})
  ]
  assert pictures[0] == pictures[1]
  wrong = studio.picture({**scene, 'styles': {one: {'values': [1.0]}}})
  assert wrong.status_code == 422 and 'another generator' in wrong.text


def test_a_film_moves_from_one_style_to_the_other(studio):
  scene = edited(studio)
  body = {
    'page': studios.PAGE,
    'scene': scene,
    'id': next(iter(scene['styles'])),
    'start': {'seed': 1},
    'end': {'seed': 2},
    'frames': 4,
  }
  film = studio.client.post('/api/film', json=body)
  assert film.headers['content-type'] == 'image/webp'
  assert studios.num_frames(film.content) == 6  # There and back.
