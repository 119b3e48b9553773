"""A study in a real browser, with what participants do to it."""

import contextlib
import csv
import sqlite3
import time

import pytest
from selenium.webdriver import ActionChains, Keys

from instgan_jax.apps.human_study.answers import database
from instgan_jax.apps.human_study.design import plan
from tests.apps import browser
from tests.apps.human_study import participant as participant_lib
from tests.apps.human_study import studies

pytestmark = [
  pytest.mark.slow,
  pytest.mark.user,
  pytest.mark.skipif(browser.MISSING is not None, reason=browser.MISSING or ''),
]
LIMIT = 0.8


@pytest.fixture(scope='module')
def root(tmp_path_factory):
  folder = tmp_path_factory.mktemp('study')
  studies.make_plan(
    folder,
    num_participants=12,
    num_questions=2,
    time_limits=(LIMIT, None),
    num_practice=1,
    num_catch=1,
    num_repeats=1,
    break_every=3,
    texts=studies.TEXTS._replace(title='<script>document.title = 1</script>'),
    num_scenes=8,
    size=(512, 256),
  )
  return folder


@pytest.fixture(scope='module')
def server(root):
  with studies.serving(root) as running:
    yield running


@pytest.fixture(scope='module')
def page():
  with browser.chromium(page=participant_lib.Page) as opened:
    yield opened


@pytest.fixture(scope='module')
def other():
  """Another browser, in Japanese."""
  with browser.chromium(page=participant_lib.Page, language='ja') as opened:
    yield opened


def answers(root, participant):
  """What the database holds of a participant."""
  store = database.Database(root / 'study.db')
  try:
    return [a for a in store.answers() if a.participant == participant]
  finally:
    store.close()


def showings(root, participant, question):
  """How often the server was told that a question's images are painted."""
  with contextlib.closing(sqlite3.connect(root / 'study.db')) as connection:
    (count,) = connection.execute(
      'SELECT count(*) FROM showings WHERE participant = ? AND question = ?',
      (participant, question),
    ).fetchone()
  return count


def go_through(page, act):
  """Calls `act(number)` for each question, to answer it or let it pass."""
  while (state := page.state())['stage'] != 'done':
    number = state['question']['number']
    page.question()
    act(number)
    studies.wait_until(lambda n=number: page.state()['answered'] > n)


def by_key(page, side):
  keys = {'left': ('f', Keys.ARROW_LEFT), 'right': ('j', Keys.ARROW_RIGHT)}
  key = keys[side][page.state()['answered'] % 2]
  page.driver.switch_to.active_element.send_keys(key)


def by_mouse(page, side):
  page.choose(side)


# The first participant begins with the limit, the last one without.
@pytest.mark.parametrize(
  ('participant', 'choose'), [(0, by_key), (11, by_mouse)]
)
def test_a_whole_study_with_time_outs(root, server, page, participant, choose):
  questions = plan.read(root / 'plan.json').participants[participant]
  missed = [i for i, q in enumerate(questions) if q.mode == 0][2]
  expected = ['right' if i % 3 else 'left' for i in range(len(questions))]
  page.start(server.links[participant])

  def act(number):
    if number != missed:  # Let that one pass.
      choose(page, expected[number])

  go_through(page, act)
  studies.wait_until(lambda: 'Thank you' in page.text())
  expected[missed] = 'none'
  given = answers(root, participant)
  assert [a.question for a in given] == list(range(10))
  assert [a.choice for a in given] == expected
  assert given[missed].response_ms == 1000 * LIMIT
  assert all(
    0 < a.response_ms <= a.server_ms + 200 and a.showings == 1 for a in given
  )
  assert all((a.layout, a.scale) == ('row', 1.0) for a in given)
  assert page.errors() == []
  assert page.driver.title != '1', 'The title was run as a script.'


def test_reload_and_another_browser_continue_without_asking_again(
  root, server, page, other
):
  link = server.links[1]  # Begins without a limit.
  page.start(link)
  page.choose()
  studies.wait_until(lambda: page.state()['answered'] == 1)
  page.question()
  studies.wait_until(lambda: showings(root, 1, 1) == 1)
  page.driver.refresh()
  studies.wait_until(lambda: 'Practice is over' in page.text())
  page.question()
  page.choose('right')
  studies.wait_until(lambda: page.state()['answered'] == 2)
  page.question()
  studies.wait_until(lambda: showings(root, 1, 2) == 1)
  other.driver.get(link)
  studies.wait_until(lambda: other.has('#go'))
  assert 'Welcome back' in other.text()  # The language chosen at first.
  other.question()
  other.choose()
  studies.wait_until(lambda: other.state()['answered'] == 3)
  given = answers(root, 1)
  assert [a.choice for a in given] == ['left', 'right', 'left']
  assert [a.showings for a in given] == [1, 2, 2]


def test_back_and_forward_ask_nothing_twice(root, server, page):
  page.start(server.links[2])
  page.driver.get(server.links[3])
  page.start(server.links[3])
  page.choose()
  studies.wait_until(lambda: page.state()['answered'] == 1)
  page.driver.back()
  page.driver.forward()
  page.question()
  assert page.state()['question']['number'] == 1
  page.choose('right')
  studies.wait_until(lambda: page.state()['answered'] == 2)
  assert [a.choice for a in answers(root, 3)] == ['left', 'right']


def test_a_double_click_and_a_held_key_give_one_answer(root, server, page):
  page.start(server.links[5])
  # The first question was for practice; a notice follows it.
  ActionChains(page.driver).double_click(
    page.find('.side[data-side=right]')
  ).perform()
  studies.wait_until(lambda: page.state()['answered'] == 1)
  page.question()
  # As slow as a double click may be: the next question must not be there.
  ActionChains(page.driver).click(page.find('.side[data-side=left]')).pause(
    0.3
  ).click().perform()
  studies.wait_until(lambda: page.state()['answered'] == 2)
  page.question()
  press = """
    const press = (repeat) => window.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'j', repeat }),
    );
    """
  hold = 'for (let i = 0; i < 5; i += 1) press(true);'
  page.driver.execute_script(f'{press} press(false); {hold}')
  studies.wait_until(lambda: page.state()['answered'] == 3)
  page.question()
  page.driver.execute_script(press + hold)  # The key is still down.
  page.choose('left')
  studies.wait_until(lambda: page.state()['answered'] == 4)
  given = answers(root, 5)
  assert [a.choice for a in given] == ['right', 'left', 'right', 'left']


def test_two_tabs_give_one_answer(root, server, page):
  link = server.links[7]
  page.start(link)
  first = page.driver.current_window_handle
  page.find('.side')
  page.driver.switch_to.new_window('tab')
  page.driver.get(link)
  page.find('#go').click()
  page.choose('right')
  studies.wait_until(lambda: page.state()['answered'] == 1)
  page.driver.close()
  page.driver.switch_to.window(first)
  page.choose('left')  # The question that the other tab has answered.
  # This tab goes on with the next question.
  studies.wait_until(lambda: 'Practice is over' in page.text())
  page.question()
  page.choose('left')
  studies.wait_until(lambda: page.state()['answered'] == 2)
  assert [a.choice for a in answers(root, 7)] == ['right', 'left']


def test_a_phone_shows_both_images_whole(root, server, other):
  other.resize(360, 740, scale=3)
  other.start(server.links[9])  # Begins without a limit.
  assert 'どちら' in other.text()
  other.find('.side img')
  boxes = other.driver.execute_script(
    """
    return [...document.querySelectorAll('.side img')].map((image) => {
      const { left, right, top, bottom } = image.getBoundingClientRect();
      return { left, right, top, bottom };
    });
    """
  )
  assert (
    other.driver.execute_script('return document.documentElement.scrollWidth')
    == 360
  )
  studies.wait_until(lambda: showings(root, 9, 0) == 1)
  time.sleep(0.5)
  other.choose('right')
  studies.wait_until(lambda: other.state()['answered'] == 1)
  assert all(0 <= b['left'] and b['right'] <= 360 for b in boxes)
  assert all(0 <= b['top'] and b['bottom'] <= 740 for b in boxes)
  assert boxes[0]['bottom'] <= boxes[1]['top']
  (given,) = answers(root, 9)
  assert given.layout == 'column'
  assert given.scale == pytest.approx((360 - 8) / 512)
  assert given.viewport == '360x740'
  assert 500 < given.response_ms <= given.server_ms + 200


def test_the_admin_page_shows_progress_and_gives_the_csv(
  server, page, tmp_path
):
  page.driver.get(server.admin)
  page.find('td')
  cells = [e.text for e in page.driver.find_elements('css selector', 'td')]
  assert any(cell == '10 / 10' for cell in cells)
  page.driver.execute_cdp_cmd(
    'Browser.setDownloadBehavior',
    {'behavior': 'allow', 'downloadPath': str(tmp_path)},
  )
  page.find('#download').click()
  (file,) = studies.wait_until(lambda: list(tmp_path.glob('*.csv')))
  assert csv.DictReader(file.read_text().splitlines()).fieldnames[:2] == [
    'participant',
    'question',
  ]
  assert page.errors() == []
  page.driver.get(f'{server.url}/admin#wrong')
  page.driver.refresh()
  studies.wait_until(lambda: 'The token is needed' in page.text())


def test_a_page_outlives_a_server_that_is_killed(page, tmp_path):
  studies.make_plan(
    tmp_path, num_participants=1, num_questions=3, time_limits=(None,)
  )
  server = studies.Server(tmp_path)
  try:
    page.start(server.links[0])
    page.find('.side')
    server.kill()
    page.choose()
    studies.wait_until(lambda: 'Not saved yet' in page.text())
    server = studies.Server(tmp_path, port=server.port)
    studies.wait_until(lambda: len(answers(tmp_path, 0)) == 1)
    page.choose('right')
    studies.wait_until(lambda: len(answers(tmp_path, 0)) == 2)
  finally:
    server.kill()
  assert page.errors() != []  # Of the requests that failed.
  assert [a.choice for a in answers(tmp_path, 0)] == ['left', 'right']
