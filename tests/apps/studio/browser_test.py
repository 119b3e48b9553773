"""The studio in a real browser, with what visitors do to it."""

import io
import json
import time
import zipfile

import numpy as np
import pytest
from PIL import Image
from selenium.webdriver import ActionChains, Keys

from data_pipeline import image_file
from data_pipeline.toy_street import source
from tests.apps import browser
from tests.apps.studio import page as page_lib
from tests.apps.studio import studios
from tests.apps.waiting import wait_until

pytestmark = [
  pytest.mark.slow,
  pytest.mark.user,
  pytest.mark.skipif(browser.MISSING is not None, reason=browser.MISSING or ''),
]
HEIGHT, WIDTH = 32, 64
SEED = 7  # Three cars of 60 pixels and more.


@pytest.fixture(scope='module')
def server(workdirs):
  with studios.serving(*workdirs) as running:
    yield running


@pytest.fixture(scope='module')
def browser_page(tmp_path_factory):
  with browser.chromium(1440, 1043, page=page_lib.Page) as opened:
    opened.downloads = tmp_path_factory.mktemp('downloads')
    opened.driver.execute_cdp_cmd(
      'Browser.setDownloadBehavior',
      {'behavior': 'allow', 'downloadPath': str(opened.downloads)},
    )
    yield opened


@pytest.fixture
def page(server, browser_page):
  """The page at a toy street, without earlier work."""
  browser_page.open(server.url, SEED)
  browser_page.errors()  # Those of the test before.
  return browser_page


def street():
  return source.generate_scene(SEED, height=HEIGHT)


def largest(rank=0):
  """The id of the largest instance, and a point in it as shares."""
  ids = street().instance_ids
  present = np.unique(ids[ids >= 1000])
  one = sorted(present, key=lambda i: -(ids == i).sum())[rank]
  rows, columns = np.nonzero(ids == one)
  middle = len(rows) // 2
  point = (columns[middle] + 0.5) / WIDTH, (rows[middle] + 0.5) / HEIGHT
  return int(one), point


def test_a_click_in_either_view_names_the_instance(page):
  one, point = largest()
  for pane in (1, 2, 3):
    page.point(0.5, 0.02, pane)
    assert page.selected() == 'Nothing selected'
    page.point(*point, pane)
    assert page.selected().endswith(f' {one}')
  assert page.errors() == []


def test_styles_are_new_earlier_copied_mixed_locked_and_undone(page):
  page.point(*largest()[1])
  first = page.picture()
  second = page.changes(lambda: page.click('#do-renew'))
  assert not page.has('.thumbnail:nth-child(3)')
  assert page.changes(lambda: page.click('.thumbnail')) == first
  assert page.changes(lambda: page.press('z')) == second
  assert page.changes(lambda: page.press('z')) == first
  assert page.changes(lambda: page.press('y')) == second
  # From style 1 to style 2: the ends are those two, to the pixel.
  page.changes(lambda: page.set_value('#slider', 50))
  assert page.changes(lambda: page.set_value('#slider', 0)) == first
  assert page.changes(lambda: page.set_value('#slider', 100)) == second
  page.press('l')
  assert page.attribute('#do-lock', 'aria-pressed') == 'true'
  assert page.attribute('#do-renew', 'disabled') is not None
  page.press('c')
  page.select(largest(1)[0])
  page.changes(lambda: page.press('p'))
  page.changes(lambda: page.click('#renew-all'))
  assert page.errors() == []


def test_the_slider_follows_the_mouse_and_the_keys(page):
  page.point(*largest()[1])
  page.changes(lambda: page.click('#do-renew'))
  slider = page.find('#slider')
  part = slider.size['width'] // 8
  mouse = ActionChains(page.driver, duration=20)
  mouse.move_to_element_with_offset(slider, -3 * part, 0).click_and_hold()
  for _ in range(6):
    mouse.move_by_offset(part, 0).pause(0.1)  # The picture comes meanwhile.
  mouse.release().perform()
  page.settle()
  shown = 'return Number(document.querySelector("#slider").value)'
  assert page.driver.execute_script(shown) > 70
  page.focus('#slider')
  for expected in (1, 2):
    before = page.driver.execute_script(shown)
    page.changes(lambda: page.press_focused(Keys.ARROW_LEFT))
    assert page.driver.execute_script(shown) == before - 1, expected
  page.press('z')  # All of it was one step.
  page.settle()
  assert page.attribute('#style-2', 'aria-pressed') == 'true'


def test_what_had_the_focus_has_it_again(page):
  page.point(*largest()[1])
  page.changes(lambda: page.click('#do-renew'))
  for selector in ('#style-1', '#do-flip', '#renew-26', '#renew-all'):
    page.focus(selector)
    page.changes(lambda: page.press_focused(Keys.SPACE))
    assert page.focused() == selector
  page.focus('#do-remove')
  page.changes(lambda: page.press_focused(Keys.SPACE))
  assert page.focused() == '#stage'


def test_a_picture_that_takes_long_has_a_spinner(page):
  page.point(*largest()[1])
  page.driver.execute_script(
    """
    window.spun = 0;
    new MutationObserver(() => { window.spun += 1; }).observe(
      document.querySelector('figure:nth-child(2) .spinner'),
      { attributeFilter: ['hidden'] },
    );
    """
  )
  network = {'offline': False, 'downloadThroughput': -1, 'uploadThroughput': -1}
  page.driver.execute_cdp_cmd('Network.enable', {})
  for latency in (600, 0):
    page.driver.execute_cdp_cmd(
      'Network.emulateNetworkConditions', {**network, 'latency': latency}
    )
    page.changes(lambda: page.press('n'))
    spinner = page.find('figure:nth-child(2) .spinner')
    assert not spinner.is_displayed()
    spun = page.driver.execute_script('return window.spun')
    assert spun >= 2 or not latency
  page.driver.execute_cdp_cmd('Network.disable', {})


def test_an_instance_gets_the_look_of_a_photograph(page, tmp_path):
  street = source.generate_scene(3, height=HEIGHT)
  files = [tmp_path / 'photo.jpg', tmp_path / 'photo_instanceIds.png']
  Image.fromarray(street.image).save(files[0])
  files[1].write_bytes(image_file.encode_png(street.instance_ids))
  one, point = largest()
  page.point(*point)
  first = page.picture()
  page.press('f')
  assert page.find('#looks-title').text.endswith(f' {one}')
  page.find('#look-files').send_keys(str(files[0]))
  wait_until(lambda: 'PNG or JPEG' in page.find('#looks-dialog').text)
  page.find('#look-files').send_keys('\n'.join(map(str, files)))
  wait_until(lambda: page.has('#looks-dialog .thumbnail'))
  given = page.changes(lambda: page.click('#looks-dialog .thumbnail'))
  assert given != first
  assert not page.find('#looks-dialog').is_displayed()
  recipe = json.loads(stored(page))['styles'][str(one)]
  assert list(recipe) == ['look']
  page.changes(lambda: page.press('n'))
  assert page.changes(lambda: page.press('z')) == given
  # Of the scene itself, to all of it.
  page.click('#do-photograph')
  page.click('#look-toy')
  wait_until(lambda: page.has(f'#looks-dialog .thumbnail[data-look="{one}"]'))
  page.changes(lambda: page.click('#looks-all'))
  styles = json.loads(stored(page))['styles']
  assert set(styles) <= set(page.ids()) and len(styles) > 3
  page.click('#language')
  page.click('#do-photograph')
  assert '写真の見た目' in page.find('#looks-title').text
  page.click('#looks-dialog .go')
  page.click('#language')
  assert page.errors() == []


def test_all_but_the_locked_get_new_styles(page):
  one, point = largest()
  page.point(*point)
  page.press('l')
  page.click('#renew-all')
  kept = json.loads(stored(page))
  assert str(one) not in kept['styles']
  assert set(kept['styles']) == set(page.ids()) - {str(one)}
  before = kept['styles']
  page.click('.class:last-child h3 button')
  after = json.loads(stored(page))['styles']
  changed = {i for i in after if after[i] != before.get(i)}
  assert changed and len({int(i) // 1000 for i in changed}) == 1


def stored(page):
  """The work, as the page keeps it, a moment after the last change."""
  page.settle()
  time.sleep(0.4)  # It is kept after a pause.
  script = 'return sessionStorage.getItem("studio-work")'
  return page.driver.execute_script(script)


def test_the_layout_is_edited_by_keys_and_all_of_it_undone(page):
  first, num_instances = page.picture(1), len(page.ids())
  page.press(Keys.ENTER)
  assert page.selected() != 'Nothing selected'
  steps = (
    ('d',),
    (Keys.ARROW_UP,),
    ('m',),
    ('+',),
    ('[',),
    (Keys.DELETE,),
    ('b', *10 * [Keys.ARROW_UP], ' '),
    ('g', ' '),
  )
  for keys in steps:
    page.press(*keys)
    page.settle()
  assert page.picture(1) != first
  assert page.message() == ''
  while page.find('#undo').is_enabled():
    page.press('z')
  page.settle()
  assert page.picture(1) == first and len(page.ids()) == num_instances
  assert page.errors() == []


def test_arrows_move_by_one_pixel_and_with_shift_by_eight(page):
  page.point(*largest()[1])
  boxes = []
  for key, is_shifted in (
    (Keys.ARROW_UP, False),
    (Keys.ARROW_LEFT, False),
    (Keys.ARROW_DOWN, True),
  ):
    page.press(key, is_shifted=is_shifted)
    (edit,) = json.loads(stored(page))['edits']  # They count as one.
    boxes.append(edit['box'])
  assert np.diff(boxes, axis=0).tolist() == [[0, -1, 0, 0], [8, 0, 0, 0]]


def test_the_mouse_moves_paints_and_adds(page):
  _, (x, y) = largest()
  page.changes(lambda: page.point(x, y, to=(x + 0.2, y)), pane=1)
  page.click('#tool-brush')
  page.changes(lambda: page.point(0.1, 0.1, to=(0.9, 0.1)), pane=1)
  page.click('#tool-fill')
  page.click('.palette .item:last-child')
  page.changes(lambda: page.point(0.5, 0.9, pane=1), pane=1)
  before = len(page.ids())
  page.click('#tool-add')
  page.click('.shape')
  page.changes(lambda: page.point(0.3, 0.9), pane=1)
  wait_until(lambda: len(page.ids()) == before + 1)
  added = page.attribute('.item[aria-pressed=true]', 'data-id')
  assert page.selected().endswith(added)
  assert page.errors() == []


def test_views_explain_the_method(page):
  shown = {page.picture(1)}
  page.point(*largest()[1])
  page.changes(lambda: page.press('n'))
  for view in ('instances', 'position', 'style', 'change'):
    shown.add(
      page.changes(lambda v=view: page.set_value('#view', v, 'change'), pane=1)
    )
  assert len(shown) == 5
  page.press('s')  # On top of each other, and beside each other again.
  assert not page.find('figure').is_displayed()
  page.press('s')
  page.set_value('#view', 'labels', 'change')


def test_what_is_taken_opens_again(page):
  page.point(*largest()[1])
  page.changes(lambda: page.press('d'))
  page.changes(lambda: page.press('n'))
  picture = page.picture()
  page.click('#take')
  wait_until(lambda: 'instgan_jax.generate' in page.find('#command').text)
  name = f'toy_{SEED:06d}'
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


def write(folder, label_map, instance_map):
  """A pair of maps, as files of contents or arrays."""
  paths = folder / 'mine_labelIds.png', folder / 'mine_instanceIds.png'
  for path, given in zip(paths, (label_map, instance_map), strict=True):
    is_array = isinstance(given, np.ndarray)
    path.write_bytes(image_file.encode_png(given) if is_array else given)
  return paths


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
  ids = 26000 + np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH) // 6 % 300
  labels = np.full((HEIGHT, WIDTH), 26, np.uint8)
  page.choose_files(*write(tmp_path, labels, ids.astype(np.uint16)))
  wait_until(lambda: len(page.ids()) == 300)
  assert '44 small instances have no style' in page.text()
  page.changes(lambda: page.click('#renew-all'))


def test_a_scene_may_have_no_instance(page, tmp_path):
  road = np.full((HEIGHT, WIDTH), 7, np.uint8)
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
  assert page.find('#toy-seed').get_property('value') == str(SEED)


def test_two_visitors_do_not_see_each_other(page, server):
  page.point(*largest()[1])
  page.changes(lambda: page.press('n'))
  mine, work = page.picture(), stored(page)
  first = page.driver.current_window_handle
  page.driver.switch_to.new_window('window')
  try:
    page.driver.get(server.url)
    page.find('.item')
    page.set_value('#toy-seed', SEED, 'change')
    page.settle()
    assert page.picture() != mine
    assert json.loads(stored(page))['styles'] == {}
    page.changes(lambda: page.click('#renew-all'))
  finally:
    page.driver.close()
    page.driver.switch_to.window(first)
  assert (page.picture(), stored(page)) == (mine, work)


def test_every_control_has_a_name(page):
  page.press(Keys.ENTER)
  page.settle()
  unnamed = page.driver.execute_script(
    """
    return [...document.querySelectorAll('button, input, select, main, nav')]
      .filter((e) => e.checkVisibility())
      .filter((e) => !(e.ariaLabel || e.textContent.trim()))
      .map((e) => e.outerHTML);
    """
  )
  assert unnamed == []


@pytest.mark.parametrize('width', [390, 1440])
def test_both_languages_fit_a_phone_and_a_screen(page, width):
  page.resize(width, 844)
  try:
    for _ in range(2):
      page.settle()
      scrolled = 'return document.documentElement.scrollWidth'
      assert page.driver.execute_script(scrolled) == width
      page.click('#language')
      wait_until(
        lambda: (
          page.find('html').get_attribute('lang')
          != page.find('#language').get_attribute('lang')
        )
      )
  finally:
    page.driver.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


def test_a_phone_shows_and_restyles(page):
  page.resize(390, 844)
  try:
    page.driver.refresh()
    page.find('.item')
    page.settle()
    one, point = largest()
    page.point(*point)
    assert page.selected().endswith(f' {one}')
    page.changes(lambda: page.click('#do-renew'))
    assert not page.find('#tools').is_displayed()
    assert not page.find('figure').is_displayed()  # The map, on demand.
  finally:
    page.driver.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})


def test_without_the_token_the_page_says_what_it_needs(workdirs, browser_page):
  page = browser_page
  with studios.serving(workdirs[1], words=('--token=right',)) as server:
    url = server.url.partition('#')[0]
    for token in ('', '#wrong', '#%', '#鍵'):
      page.driver.get('about:blank')
      page.driver.get(url + token)
      wait_until(lambda: 'needs the whole address' in page.message())
    page.driver.get(server.url)  # Another token of the same page.
    page.find('.item')
    assert page.message() == ''


def test_a_page_survives_the_server_and_a_reload(workdirs, browser_page):
  """Killed under the page, which keeps the work and goes on."""
  page = browser_page
  with studios.serving(workdirs[0]) as server:
    page.open(server.url, SEED)
    page.point(*largest()[1])
    page.changes(lambda: page.press('n'))
    before, port = page.picture(), server.port
  page.press('n')
  wait_until(lambda: 'does not answer' in page.message())
  assert page.picture() == before
  with studios.serving(workdirs[0], port=port):
    wait_until(lambda: page.picture() != before)
    wait_until(lambda: page.message() == '')
    after = page.changes(lambda: page.press('n'))
    page.settle()
    page.driver.refresh()
    page.find('.item')
    wait_until(lambda: page.picture() == after)


def test_kept_work_that_is_refused_gives_way_to_a_scene(server, browser_page):
  """As after another model came to the same address."""
  page = browser_page
  base = {'label_map': 'AAAA', 'instance_map': 'AAAA'}
  work = json.dumps({'name': 'x', 'base': base, 'edits': []})
  script = 'sessionStorage.setItem("studio-work", arguments[0])'
  # The page itself would keep its own work when it is left.
  page.driver.get(f'{server.url}static/en.json')
  page.driver.execute_script(script, work)
  page.driver.get(server.url)
  page.find('.item')
  page.settle()
  assert page.chosen() == 'Toy street'
