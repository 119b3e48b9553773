"""A page and its server: visitors, tokens, restarts, other models."""

import json

import numpy as np
from selenium.webdriver import Keys

from data_pipeline import image_file
from tests.apps.studio import studios
from tests.apps.studio.visits import street
from tests.apps.waiting import wait_until


def test_two_visitors_do_not_see_each_other(page, server):
  page.point(*street.largest()[1])
  page.changes(lambda: page.press('n'))
  mine, work = page.picture(), page.stored()
  first = page.driver.current_window_handle
  page.driver.switch_to.new_window('window')
  try:
    page.driver.get(server.url)
    page.find('.item')
    page.set_value('#toy-seed', street.SEED, 'change')
    page.settle()
    assert page.picture() != mine
    assert json.loads(page.stored())['styles'] == {}
    page.changes(lambda: page.click('#renew-all'))
  finally:
    page.driver.close()
    page.driver.switch_to.window(first)
  assert (page.picture(), page.stored()) == (mine, work)


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


def test_a_page_survives_the_server_and_a_reload(
  workdirs, tmp_path, browser_page
):
  """Killed under the page, which keeps the work and goes on."""
  page = browser_page
  one, point = street.largest()
  with studios.serving(*workdirs) as server:
    page.open(server.url, street.SEED)
    page.point(*point)
    page.changes(lambda: page.press('n'))
    before, port = page.picture(), server.port
  page.press('n')
  wait_until(lambda: 'does not answer' in page.message())
  assert page.picture() == before
  with studios.serving(*workdirs, port=port):
    wait_until(lambda: page.picture() != before)
    wait_until(lambda: page.message() == '')
    after = page.changes(lambda: page.press('n'))
    page.settle()
    page.driver.refresh()
    page.find('.item')
    wait_until(lambda: page.picture() == after)
    page.select(one)
    page.click('#do-photograph')
    page.click('#look-toy')
    page.changes(lambda: page.click('#looks-dialog .thumbnail'))
  other = studios.model(tmp_path, 'li', data__width=32)
  with studios.serving(other, port=port):
    page.press('d')  # The first that it asks of them.
    wait_until(lambda: 'now: li · L+I, in the place of lip' in page.message())
    page.settle()
    kept = json.loads(page.stored())
    assert list(kept['styles'][str(one)]) == ['look']
    assert [edit['do'] for edit in kept['edits']] == ['copy']
    assert not page.has('figure:nth-child(3)')
    assert 'the pictures of li have 32 × 32' in page.text()
    assert 'Looks of photographs that li has not read: 1.' in page.text()
    page.changes(lambda: page.click('#renew-all'))
    assert page.message() == ''


def test_kept_work_that_is_refused_stays_until_another_scene_is_chosen(
  server, browser_page
):
  """As after a model of other classes came to the same address."""
  page = browser_page
  label_map = studios.base64_of(
    image_file.encode_png(np.full((4, 8), 99, np.uint8))
  )
  base = {'label_map': label_map, 'instance_map': label_map}
  work = {'name': 'x', 'base': base, 'edits': []}
  script = 'sessionStorage.setItem("studio-work", arguments[0])'
  # The page itself would keep its own work when it is left.
  page.driver.get(f'{server.url}static/en.json')
  page.driver.execute_script(script, json.dumps(work))
  page.errors()  # Those of the test before.
  page.driver.get(server.url)
  wait_until(lambda: 'This scene is kept all the same' in page.message())
  assert 'label ids that no class has: 99' in page.message()
  for keys in ('n', 'a', 'd', 'o', 's', 's', Keys.ENTER, Keys.DELETE):
    page.press(keys)
  page.set_value('#view', 'style', 'change')
  page.settle()
  assert json.loads(page.stored())['base'] == base
  assert 'This scene is kept all the same' in page.message()
  assert not [x for x in page.errors() if ' 422 ' not in x['message']]
  page.set_value('#view', 'labels', 'change')
  page.set_value('#scenes', ' toy', 'change')
  page.find('.item')
  page.settle()
  assert page.chosen() == 'Toy street' and page.message() == ''


def test_a_page_that_the_browser_keeps_nothing_for_stays(page):
  """As in the frames of some notebooks, where other models come."""
  page.driver.execute_script(
    """
    Storage.prototype.setItem = () => { throw new Error('forbidden'); };
    const before = window.fetch;
    window.fetch = async (...words) => {
      const answer = await before(...words);
      const headers = new Headers(answer.headers);
      headers.set('studio', 'others');
      return new Response(answer.body, { status: answer.status, headers });
    };
    """
  )
  page.point(*street.largest()[1])
  page.changes(lambda: page.press('n'))
  assert 'load this page again' in page.message()
  assert page.errors() == []
  page.driver.get('about:blank')  # With its own storage again.
