"""Styles: new, earlier, copied, mixed, locked, of a photograph."""

import json

from PIL import Image
from selenium.webdriver import ActionChains, Keys

from data_pipeline import image_file
from data_pipeline.toy_street import source
from tests.apps.studio.visits import street
from tests.apps.waiting import wait_until


def test_styles_are_new_earlier_copied_mixed_locked_and_undone(page):
  page.point(*street.largest()[1])
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
  page.select(street.largest(1)[0])
  page.changes(lambda: page.press('p'))
  page.changes(lambda: page.click('#renew-all'))
  assert page.errors() == []


def test_the_slider_follows_the_mouse_and_the_keys(page):
  page.point(*street.largest()[1])
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


def test_all_but_the_locked_get_new_styles(page):
  one, point = street.largest()
  page.point(*point)
  page.press('l')
  page.click('#renew-all')
  kept = json.loads(page.stored())
  assert str(one) not in kept['styles']
  assert set(kept['styles']) == set(page.ids()) - {str(one)}
  before = kept['styles']
  page.click('.class:last-child h3 button')
  after = json.loads(page.stored())['styles']
  changed = {i for i in after if after[i] != before.get(i)}
  assert changed and len({int(i) // 1000 for i in changed}) == 1


def test_an_instance_gets_the_look_of_a_photograph(page, tmp_path):
  photographed = source.generate_scene(3, height=street.HEIGHT)
  files = [tmp_path / 'photo.jpg', tmp_path / 'photo_instanceIds.png']
  Image.fromarray(photographed.image).save(files[0])
  files[1].write_bytes(image_file.encode_png(photographed.instance_ids))
  one, point = street.largest()
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
  recipe = json.loads(page.stored())['styles'][str(one)]
  assert list(recipe) == ['look']
  page.changes(lambda: page.press('n'))
  assert page.changes(lambda: page.press('z')) == given
  # Of the scene itself, to all of it.
  page.click('#do-photograph')
  page.click('#look-toy')
  wait_until(lambda: page.has(f'#looks-dialog .thumbnail[data-look="{one}"]'))
  page.changes(lambda: page.click('#looks-all'))
  styles = json.loads(page.stored())['styles']
  assert set(styles) <= set(page.ids()) and len(styles) > 3
  page.click('#language')
  page.click('#do-photograph')
  assert '写真の見た目' in page.find('#looks-title').text
  page.click('#looks-dialog .go')
  page.click('#language')
  assert page.errors() == []
