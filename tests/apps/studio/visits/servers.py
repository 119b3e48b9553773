"""A page and its server: visitors, tokens, restarts, other models."""

import json

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


def test_a_page_survives_the_server_and_a_reload(workdirs, browser_page):
  """Killed under the page, which keeps the work and goes on."""
  page = browser_page
  with studios.serving(workdirs[0]) as server:
    page.open(server.url, street.SEED)
    page.point(*street.largest()[1])
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
