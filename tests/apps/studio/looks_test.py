"""Looks of photographs, for the page to choose from."""

import io

import numpy as np
import pytest

from data_pipeline.toy_street import source
from tests.apps.studio import studios

pytestmark = pytest.mark.slow

STREET = source.generate_scene(7, height=64)


def test_a_photograph_gives_the_looks_of_its_instances(studio):
  looks = studio.looks(STREET.image, STREET.instance_ids).json()
  encoded = studio.sampler.encode(STREET.image, STREET.instance_ids)
  assert {look['id'] for look in looks} == set(encoded)
  areas = [(STREET.instance_ids == look['id']).sum() for look in looks]
  assert areas == sorted(areas, reverse=True)
  for look in looks:
    ((_, values),) = look['recipe']['look'].items()
    np.testing.assert_array_equal(np.float32(values), encoded[look['id']])
  first = studios.image_of_file(
    io.BytesIO(studios.bytes_of(looks[0]['picture']))
  )
  assert max(first.shape) == 72


def test_a_look_is_a_style_of_the_models_that_can_read_it(studio):
  scene = studio.toy(1)
  (one, *_) = [made['id'] for made in studio.layout(scene).json()['instances']]
  look = studio.looks(STREET.image, STREET.instance_ids).json()[0]
  values = next(iter(look['recipe']['look'].values()))

  def picture(recipe, model=0):
    styles = {one: recipe} if recipe else {}
    return studio.picture({**scene, 'styles': styles}, model=model).content

  expected = picture({'values': values})
  assert picture(look['recipe']) == expected
  assert picture({'mix': [look['recipe'], {'seed': 1}], 't': 0}) == expected
  # Of other weights: the style of the scene's seed, as L has it.
  assert picture({'look': {'0' * 16: values}}) == picture(None)
  assert picture(look['recipe'], model=1) == picture(None, model=1)


def test_a_toy_street_has_a_photograph(studio):
  looks = studio.client.get('/api/toy/7/looks').json()
  street = source.generate_scene(7, height=32)
  encoded = studio.sampler.encode(street.image, street.instance_ids)
  assert {look['id'] for look in looks} == set(encoded)
  refused = studio.client.get('/api/toy/9999999/looks')
  assert refused.status_code == 422 and 'no toy street' in refused.text


def test_without_an_encoder_it_says_so(workdirs):
  studio = studios.Studio(workdirs[1:])
  answer = studio.looks(STREET.image, STREET.instance_ids)
  assert answer.status_code == 422 and 'no instance encoder' in answer.text


@pytest.mark.parametrize(
  ('image', 'instance_map', 'message'),
  [
    (STREET.image[:32], STREET.instance_ids, 'expected the same size'),
    (STREET.instance_ids, STREET.instance_ids, 'stored as 16-bit grayscale'),
    (STREET.image, STREET.image, 'stored as RGB'),
    (np.zeros((4100, 4100, 3), np.uint8), STREET.instance_ids, '16.8 megap'),
  ],
)
def test_wrong_uploads_are_refused(studio, image, instance_map, message):
  answer = studio.looks(image, instance_map)
  assert answer.status_code == 422 and message in answer.text


def test_what_is_no_png_is_refused(studio):
  text = studios.base64_of(b'text')
  for body, message in (
    ({'image': text, 'instance_map': text}, 'no PNG header'),
    ({'image': '?', 'instance_map': text}, 'no base64'),
    ({'image': text}, 'malformed'),
  ):
    answer = studio.client.post('/api/looks', json=body)
    assert answer.status_code == 422 and message in answer.text
