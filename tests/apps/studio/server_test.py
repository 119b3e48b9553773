"""The studio's addresses: what they answer, refuse and never remember."""

import io
import json
import shlex
import urllib.parse

import numpy as np
import pytest
from PIL import Image

from data_pipeline import geometry, image_file
from data_pipeline.toy_street import source
from tests import tiny
from tests.apps.studio import studios

pytestmark = pytest.mark.slow


def instances(studio, scene):
  return studio.layout(scene).json()['instances']


def large(studio, scene):
  """The id of the instance with the most pixels."""
  return max(instances(studio, scene), key=lambda made: made['area'])['id']


def maps_of(response):
  """The maps that a page unpacks: labels and ids."""
  content = studios.bytes_of(response.json()['maps'])
  red, green, blue = np.moveaxis(
    studios.image_of_file(io.BytesIO(content)), -1, 0
  ).astype(int)
  return blue, 256 * red + green


def test_a_toy_street_arrives_as_it_is(studio):
  scene = studio.toy(3)
  label_map, ids = maps_of(studio.layout(scene))
  street = source.generate_scene(3, height=32)
  np.testing.assert_array_equal(label_map, street.label_map)
  np.testing.assert_array_equal(ids, street.instance_ids)
  assert scene['name'] == 'toy_000003'


def test_a_new_style_changes_the_picture_and_the_old_one_restores_it(studio):
  scene = studio.toy()
  one = large(studio, scene)
  before = studios.image_of(studio.picture(scene))
  changed = studios.image_of(
    studio.picture({**scene, 'styles': {one: {'seed': 5}}})
  )
  again = studios.image_of(
    studio.picture({**scene, 'styles': {one: {'seed': 0}}})
  )
  assert (before != changed).any()
  np.testing.assert_array_equal(before, again)


def test_mixes_begin_and_end_at_their_styles(studio):
  scene = studio.toy()
  one, other = (made['id'] for made in instances(studio, scene)[-2:])
  ends = [{'seed': 5}, {'seed': 6, 'of': other}]

  def picture(recipe):
    return studios.image_of(studio.picture({**scene, 'styles': {one: recipe}}))

  for t, end in ((0, ends[0]), (1, ends[1])):
    mixed = picture({'mix': ends, 't': t})
    np.testing.assert_array_equal(mixed, picture(end))


def test_edits_reach_the_maps_and_a_copy_gets_an_id(studio):
  scene = studio.toy()
  one = large(studio, scene)
  label = next(i for i in instances(studio, scene) if i['id'] == one)['label']
  edits = [
    {'do': 'copy', 'id': one, 'box': [2, 3, 9, 12]},
    {'do': 'remove', 'id': one},
    {'do': 'paint', 'label': 21, 'points': [[31.5, 0.5]], 'radius': 2},
  ]
  answer = studio.layout({**scene, 'edits': edits})
  label_map, ids = maps_of(answer)
  assert one not in ids and label_map[31, 0] == 21
  made = {i['id'] for i in answer.json()['instances']} - {
    i['id'] for i in instances(studio, scene)
  }
  assert len(made) == 1 and made.pop() // 1000 == label
  studios.image_of(studio.picture({**scene, 'edits': edits}))


def test_models_are_beside_each_other_and_l_has_no_styles(studio):
  described = studio.client.get('/api/studio').json()['models']
  assert [m['method'] for m in described] == ['L+I+P', 'L']
  assert [m['has_styles'] for m in described] == [True, False]
  assert described[0]['labels'][26]['name'] == 'car'
  scene = studio.toy()
  first, second = (
    studios.image_of(studio.picture(scene, model=m)) for m in (0, 1)
  )
  assert first.shape == second.shape and (first != second).any()
  body = {'page': studios.PAGE, 'model': 2, 'scene': scene}
  refused = studio.client.post('/api/picture', json=body)
  assert refused.status_code == 422 and 'no model 2' in refused.text


def test_every_answer_says_which_models_there_are(studio, workdirs):
  others = studios.Studio(workdirs[1:])
  answers = [
    made.client.get(path)
    for made in (studio, others)
    for path in ('/', '/api/studio', '/api/scene/none')
  ]
  assert [answer.status_code for answer in answers] == 2 * [200, 200, 422]
  keys = [answer.headers['studio'] for answer in answers]
  assert keys[0] != keys[3]
  assert keys == 3 * keys[:1] + 3 * keys[3:4]


def test_the_style_of_the_whole_image_is_that_of_the_id_0(tmp_path):
  config = tiny.config('l', model__image_style_dim=8)
  studio = studios.Studio([str(tiny.save_generator(tmp_path / 'vae', config))])
  (described,) = studio.client.get('/api/studio').json()['models']
  assert described['has_whole_image_style']
  assert not described['has_instance_styles']
  scene = studio.toy()
  mix = {'mix': [{'seed': 0}, {'seed': 5, 'of': 0}], 't': 1}
  images = [
    studio.picture({**scene, 'styles': {0: recipe}}).content
    for recipe in ({'seed': 0}, {'seed': 5}, mix)
  ]
  assert images[0] != images[1] == images[2]


def test_models_of_other_sizes_show_the_same_scene(workdirs, tmp_path):
  config = tiny.config('li', data__height=64, data__width=128)
  larger = str(tiny.save_generator(tmp_path / 'li', config))
  studio = studios.Studio([workdirs[1], larger])
  scene = studio.toy()
  assert studios.image_of(studio.picture(scene, model=1)).shape[:2] == (64, 128)
  assert studio.layout(scene).json()['size'] == [32, 64]


def test_maps_that_explain_the_method(studio):
  scene = studio.toy()
  _, ids = maps_of(studio.layout(scene))
  one = large(studio, scene)

  def view(kind, styles):
    body = {
      'page': studios.PAGE,
      'view': kind,
      'scene': {**scene, 'styles': styles},
    }
    return studios.image_of(studio.client.post('/api/view', json=body))

  position = view('position', {})
  rows, columns = np.nonzero(ids == one)
  first = (rows[columns.argmin()], columns.min())
  last = (rows[columns.argmax()], columns.max())
  assert position[first][0] == 0 and position[last][0] == 255
  assert (position[ids < 1000] == 48).all()
  before, after = (view('style', {one: {'seed': s}}) for s in (1, 2))
  assert ((before != after).any(axis=-1) == (ids == one)).all()


def test_shapes_come_whole_from_the_scenes_at_hand(studio):
  shapes = studio.client.get('/api/shapes').json()
  assert {shape['label'] for shape in shapes} >= {24, 26}
  scene = studio.toy()
  shape = shapes[0]
  edit = {**shape, 'do': 'add'}
  answer = studio.layout({**scene, 'edits': [edit]}).json()
  added = answer['instances'][-1]
  mask = studios.image_of_file(io.BytesIO(studios.bytes_of(shape['shape']))) > 0
  assert added['area'] == mask.sum() and added['box'] == shape['box']


def upload(studio, label_map, instance_map, name='mine'):
  """Uploads the contents of two files."""
  body = {'name': name, 'label_map': studios.base64_of(label_map)}
  body['instance_map'] = studios.base64_of(instance_map)
  return studio.client.post('/api/upload', json=body)


def files(seed=2, height=64):
  street = source.generate_scene(seed, height=height)
  return image_file.encode_png(street.label_map), image_file.encode_png(
    street.instance_ids
  )


def test_scenes_of_a_data_set_are_chosen_by_name(workdirs, tmp_path):
  for kind, content in zip(('labelIds', 'instanceIds'), files(), strict=True):
    (tmp_path / f'通り 1_gtFine_{kind}.png').write_bytes(content)
  studio = studios.Studio(workdirs[1:], label_dir=str(tmp_path))
  assert studio.client.get('/api/studio').json()['scenes'] == ['通り 1']
  path = f'/api/scene/{urllib.parse.quote("通り 1")}'
  scene = studio.client.get(path).json()
  assert scene['name'] == '通り 1'
  body = {'page': studios.PAGE, 'scene': scene}
  assert studio.client.post('/api/archive', json=body).status_code == 200
  assert {shape['label'] for shape in studio.client.get('/api/shapes').json()}


def test_an_uploaded_pair_is_resized_as_generate_does(studio):
  answer = upload(studio, *files())
  assert answer.status_code == 200
  label_map, _ = maps_of(studio.layout(answer.json()))
  street = source.generate_scene(2, height=64)
  expected = geometry.resize_map(street.label_map, (32, 64))
  np.testing.assert_array_equal(label_map, expected)


def blank(height, width, dtype=np.uint8):
  return image_file.encode_png(np.zeros((height, width), dtype))


def palette_png():
  stream = io.BytesIO()
  Image.new('P', (8, 4)).save(stream, 'PNG')
  return stream.getvalue()


WRONG = {
  'text': (b'no picture', blank(4, 8), 'has no PNG header'),
  'cut': (files()[0][:150], files()[1], 'cannot be read'),
  'sizes': (blank(4, 8), blank(4, 9), r'is 4x8 .*, the instance map 4x9'),
  'palette': (palette_png(), blank(4, 8), 'stored as palette'),
  '50_megapixels': (blank(5000, 10000), blank(4, 8), '50.0 megapixels'),
  'labels': (
    image_file.encode_png(np.full((4, 8), 99, np.uint8)),
    blank(4, 8),
    'label ids that no class has: 99',
  ),
  'empty': (b'', b'', 'cannot be read'),
}


@pytest.mark.parametrize('name', WRONG)
def test_uploads_are_refused_in_words(studio, name):
  label_map, instance_map, message = WRONG[name]
  answer = upload(studio, label_map, instance_map)
  assert answer.status_code == 422
  with pytest.raises(ValueError, match=message):
    raise ValueError(answer.json()['error'])


def test_a_whole_image_of_instances(studio):
  """300 of them, more than the model has styles for."""
  ids = 26000 + np.arange(32 * 64).reshape(32, 64) // 6 % 300
  label_map = image_file.encode_png(np.full((32, 64), 26, np.uint8))
  answer = upload(
    studio, label_map, image_file.encode_png(ids.astype(np.uint16))
  )
  scene = answer.json()
  assert len(instances(studio, scene)) == 300
  studios.image_of(studio.picture(scene))


SCENE = {'name': 'x', 'base': {'label_map': '', 'instance_map': ''}}
MALFORMED = {
  'empty': b'',
  'not_utf8': b'{"name": "\xff\xfe"}',
  'huge_number': json.dumps(SCENE).encode()[:-1]
  + b', "seed": 1'
  + b'0' * 5000
  + b'}',
  'bool_for_number': json.dumps({**SCENE, 'seed': True}).encode(),
  'missing_field': json.dumps({'name': 'x'}).encode(),
  'infinite_box': json.dumps(
    {**SCENE, 'edits': [{'do': 'place', 'id': 1, 'box': [0, 0, 1, 10**9]}]}
  ).encode(),
  'no_json': b'scene',
  'list': b'[]',
  'nested': b'[' * 15000,
  'deep': json.dumps(SCENE).encode()[:-1]
  + b', "styles": {"1": '
  + b'{"t": 0, "mix": [{"seed": 1}, ' * 200
  + b'{"seed": 1}'
  + b']}' * 200
  + b'}}',
  'path': json.dumps({**SCENE, 'name': '../../etc/passwd'}).encode(),
  'hidden': json.dumps({**SCENE, 'name': '.ssh'}).encode(),
  'control': json.dumps({**SCENE, 'name': 'a\nb'}).encode(),
  'unknown_field': json.dumps({**SCENE, 'x': 1}).encode(),
  'unknown_edit': json.dumps({**SCENE, 'edits': [{'do': 'eval'}]}).encode(),
  'nan': json.dumps(
    {
      **SCENE,
      'edits': [{'do': 'fill', 'label': 7, 'point': [float('nan'), 1.0]}],
    }
  ).encode(),
  'negative_seed': json.dumps({**SCENE, 'seed': -1}).encode(),
}


@pytest.mark.parametrize('name', MALFORMED)
def test_malformed_bodies_are_refused_without_a_trace(studio, name):
  answer = studio.client.post(
    '/api/layout',
    content=MALFORMED[name],
    headers={'Content-Type': 'application/json'},
  )
  assert answer.status_code in (400, 422), answer.text
  assert len(answer.text) < 100 and 'Traceback' not in answer.text


@pytest.mark.parametrize(
  ('edit', 'message'),
  [
    ({'do': 'flip', 'id': 9}, 'no instance 9'),
    ({'do': 'fill', 'label': 200, 'point': [1, 1]}, 'The label is 200'),
    ({'do': 'fill', 'label': 7, 'point': [99, 1]}, r'The point is \(99'),
    (
      {'do': 'add', 'label': 26, 'shape': 'AAAA', 'box': [0, 0, 1, 1]},
      'no PNG header',
    ),
  ],
)
def test_edits_that_cannot_be_are_refused_in_words(studio, edit, message):
  answer = studio.layout(studio.toy(edits=[edit]))
  assert answer.status_code == 422
  with pytest.raises(ValueError, match=message):
    raise ValueError(answer.json()['error'])


@pytest.mark.parametrize(
  'path',
  [
    *('/x', '/docs', '/openapi.json', '/static/', '/static/studio.html'),
    *('/static/../server.py', '/static/..%2fserver.py', '/api/scene/x'),
    '/static/%2e%2e%2f%2e%2e%2fweb%2fextra.py',
  ],
)
def test_forged_paths_find_nothing(studio, path):
  answer = studio.client.get(path)
  assert answer.status_code in (404, 422) and 'import' not in answer.text


def test_bodies_that_are_too_long_are_refused(studio):
  async def endless():
    for _ in range(5000):
      yield b' ' * 1000

  for content in (b' ' * (2**22 + 1), endless()):
    answer = studio.client.post('/api/upload', content=content)
    assert answer.status_code == 413


def test_a_name_that_is_markup_stays_a_name(studio):
  scene = studio.toy(name='<script>alert(1)</script>'.replace('/', '∕'))
  body = {'name': scene['name']}
  command = studio.client.post('/api/command', json=body).json()['command']
  assert shlex.split(command)[-1] == f'{scene["name"]}/images'
  assert studio.layout(scene).status_code == 200


def test_only_this_machine_is_answered_without_a_token(studio):
  for host, status in (
    ('127.0.0.1:8090', 200),
    ('localhost', 200),
    ('[::1]:8090', 200),
    ('127.0.0.9:8090', 200),
    ('10.0.0.1:8090', 403),
    ('', 403),
    ('evil.example', 403),
    ('localhost.evil.example', 403),
    ('127.0.0.1.evil.example:8090', 403),
  ):
    answer = studio.client.get('/api/studio', headers={'Host': host})
    assert answer.status_code == status, host


def test_a_token_is_needed_where_there_is_one(workdirs):
  guarded = studios.Studio(workdirs[1:], token='secret')
  for given, status in (
    ({}, 401),
    ({'Authorization': 'Bearer wrong'}, 401),
    ({'Authorization': b'Bearer \xe9\xff'}, 401),
    ({'Authorization': 'Bearer secret', 'Host': 'studio.example'}, 200),
  ):
    answer = guarded.client.get('/api/studio', headers=given)
    assert answer.status_code == status
  assert guarded.client.get('/').status_code == 200  # It has no secret.
