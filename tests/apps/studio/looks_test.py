"""Looks of photographs, for the page to choose from."""

import io
import tracemalloc

import numpy as np
import pytest
from PIL import Image

from data_pipeline.toy_street import source
from instgan_jax.apps.studio import looks as looks_lib
from instgan_jax.apps.studio import models as models_lib
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


def jpeg(image=STREET.image, mode='RGB', **options):
  stream = io.BytesIO()
  Image.fromarray(image).convert(mode).save(stream, 'JPEG', **options)
  return stream.getvalue()


def test_a_photograph_may_be_a_jpeg(studio):
  content = jpeg()
  found = studio.looks(content, STREET.instance_ids).json()
  decoded = studios.image_of_file(io.BytesIO(content))
  assert found == studio.looks(decoded, STREET.instance_ids).json()


def turned():
  exif = Image.Exif()
  exif[0x0112] = 6  # Clockwise by 90 degrees.
  return jpeg(exif=exif)


def many_scans():
  """Each of the last ones is the same again, and legal."""
  content = jpeg(progressive=True)
  end = content.rindex(b'\xff\xd9')
  last = content[content.rindex(b'\xff\xda') : end]
  return content[:end] + 80 * last + content[end:]


@pytest.mark.parametrize(
  ('make', 'message'),
  [
    (turned, 'to be turned, by its EXIF orientation'),
    (lambda: jpeg(mode='CMYK'), 'stored as CMYK, expected 8-bit RGB'),
    (lambda: jpeg(mode='L'), 'stored as 8-bit grayscale'),
    (lambda: jpeg()[:-300], 'cannot be read (image file is truncated'),
    (lambda: jpeg()[:30], 'cannot be read'),
    (many_scans, 'scans, expected at most 64. Save it again.'),
    (lambda: jpeg(np.zeros((4100, 4100, 3), np.uint8)), '16.8 megapixels'),
  ],
)
def test_wrong_jpegs_are_refused_in_words(studio, make, message):
  answer = studio.looks(make(), STREET.instance_ids)
  assert answer.status_code == 422 and message in answer.json()['error']


def test_a_map_is_never_a_jpeg(studio):
  answer = studio.looks(STREET.image, jpeg(mode='L'))
  assert answer.status_code == 422
  assert 'it is a JPEG, which changes colors and ids' in answer.text


def test_the_memory_of_looks_is_that_of_their_pictures(workdirs):
  """However many instances reach over all of a large photograph."""
  ids = 26000 + np.arange(2048 * 4096).reshape(2048, 4096) // 64 % 8
  ids = ids.astype(np.uint16)
  image = np.zeros((*ids.shape, 3), np.uint8)
  models = models_lib.load(workdirs[:1])
  tracemalloc.start()
  try:
    found = looks_lib.of_photograph(models, image, ids)
    _, peak = tracemalloc.get_traced_memory()
  finally:
    tracemalloc.stop()
  assert len(found) == 8
  assert peak < 4 * image.nbytes


def test_what_is_no_png_is_refused(studio):
  text = studios.base64_of(b'text')
  for body, message in (
    ({'image': text, 'instance_map': text}, 'no PNG header'),
    ({'image': '?', 'instance_map': text}, 'no base64'),
    ({'image': text}, 'malformed'),
  ):
    answer = studio.client.post('/api/looks', json=body)
    assert answer.status_code == 422 and message in answer.text
