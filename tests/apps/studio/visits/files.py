"""What is taken along, and opened: right and wrong files."""

import io
import zipfile

import numpy as np
from PIL import Image
from selenium.webdriver import Keys

from data_pipeline import image_file
from tests.apps.studio.visits import street
from tests.apps.waiting import wait_until


def write(folder, label_map, instance_map):
  """A pair of maps, as files of contents or arrays."""
  paths = folder / 'mine_labelIds.png', folder / 'mine_instanceIds.png'
  for path, given in zip(paths, (label_map, instance_map), strict=True):
    is_array = isinstance(given, np.ndarray)
    path.write_bytes(image_file.encode_png(given) if is_array else given)
  return paths


def test_what_is_taken_opens_again(page):
  page.point(*street.largest()[1])
  page.changes(lambda: page.press('d'))
  page.changes(lambda: page.press('n'))
  picture = page.picture()
  page.click('#take')
  wait_until(lambda: 'instgan_jax.generate' in page.find('#command').text)
  name = f'toy_{street.SEED:06d}'
  for button, file in (
    ('#take-all', f'{name}.zip'),
    ('#take-picture', f'{name}.png'),
    ('#take-scene', f'{name}.studio.json'),
  ):
    page.click(button)
    wait_until((page.downloads / file).exists)
  page.click('#take-dialog .go')
  with zipfile.ZipFile(page.downloads / f'{name}.zip') as file:
    zipped = Image.open(io.BytesIO(file.read(f'{name}/{name}.png')))
  with Image.open(page.downloads / f'{name}.png') as image:
    assert image.tobytes() == zipped.tobytes()
  page.changes(lambda: page.click('#toy-next'))
  saved = page.downloads / f'{name}.studio.json'
  page.changes(lambda: page.choose_files(saved))
  assert page.picture() == picture
  assert page.errors() == []


def test_wrong_files_are_refused_in_words_and_the_work_stays(page, tmp_path):
  before = page.picture()
  large = np.zeros((5000, 10000), np.uint8)
  small = np.zeros((4, 8), np.uint8)
  for label_map, instance_map, message in (
    (large, large, '50.0 megapixels'),
    (b'these are words', small, 'no PNG header'),
    (small, np.zeros((4, 9), np.uint8), 'expected the same size'),
  ):
    page.choose_files(*write(tmp_path, label_map, instance_map))
    wait_until(lambda words=message: words in page.message())
  page.choose_files(write(tmp_path, small, small)[0])
  wait_until(lambda: 'Give two PNGs' in page.message())
  saved = tmp_path / 'mine.studio.json'
  for content, message in (
    ('words', 'mine.studio.json is no scene'),
    ('[1]', 'mine.studio.json is no scene'),
    ('{"base": 1, "locked": 2}', 'mine.studio.json is no scene'),
    ('{"name": "x", "base": 1}', 'did not understand'),
    ('{"base": "%s"}' % ('A' * 2**22), 'too large for the studio'),
  ):
    saved.write_text(content)
    page.choose_files(saved)
    wait_until(lambda words=message: words in page.message())
  page.click('#message')
  assert page.message() == ''
  assert page.picture() == before


def test_300_instances_of_an_upload_are_shown(page, tmp_path):
  ids = (
    26000
    + np.arange(street.HEIGHT * street.WIDTH).reshape(
      street.HEIGHT, street.WIDTH
    )
    // 6
    % 300
  )
  labels = np.full((street.HEIGHT, street.WIDTH), 26, np.uint8)
  page.choose_files(*write(tmp_path, labels, ids.astype(np.uint16)))
  wait_until(lambda: len(page.ids()) == 300)
  assert '44 small instances have no style' in page.text()
  page.changes(lambda: page.click('#renew-all'))


def test_a_scene_may_have_no_instance(page, tmp_path):
  road = np.full((street.HEIGHT, street.WIDTH), 7, np.uint8)
  page.changes(lambda: page.choose_files(*write(tmp_path, road, road)))
  assert 'This scene has no instances' in page.text()
  for view in ('instances', 'position', 'style', 'change', 'labels'):
    page.set_value('#view', view, 'change')
    page.settle()
  for keys in ('n', 'a', 'd', 'f', 'l', Keys.DELETE, Keys.ENTER):
    page.press(keys)
  page.settle()
  assert page.message() == '' and page.errors() == []
  # The list names what is shown, also after a reload.
  assert page.chosen() == 'mine'
  page.changes(lambda: page.set_value('#scenes', ' toy', 'change'))
  page.driver.refresh()
  page.find('.item')
  page.settle()
  assert page.chosen() == 'Toy street'
  assert page.find('#toy-seed').get_property('value') == str(street.SEED)
