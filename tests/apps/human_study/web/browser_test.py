"""A study in a real browser, with what participants do to it."""

import csv
import time

import pytest
from selenium.webdriver import ActionChains, Keys

from instgan_jax.apps.human_study.design import plan
from instgan_jax.apps.human_study.web import database
from tests.apps.human_study import browser, studies

pytestmark = [
  pytest.mark.slow,
  pytest.mark.skipif(browser.MISSING is not None, reason=browser.MISSING or ''),
]
LIMIT = 0.8


@pytest.fixture(scope='module')
def root(tmp_path_factory):
  folder = tmp_path_factory.mktemp('study')
  studies.make_plan(
    folder,
    num_participants=10,
    num_questions=4,
    time_limits=(LIMIT, None),
    num_practice=1,
    num_catch=1,
    num_repeats=1,
    break_every=3,
    texts=studies.TEXTS._replace(title='<script>document.title = 1</script>'),
    num_scenes=20,
  )
  return folder


@pytest.fixture(scope='module')
def server(root):
  with studies.serving(root) as running:
    yield running


@pytest.fixture(scope='module')
def page():
  with browser.chromium() as opened:
    yield opened


def answers(root, participant):
  """What the database holds of a participant."""
  store = database.Database(root / 'study.db')
  try:
    return [a for a in store.answers() if a.participant == participant]
  finally:
    store.close()


def go_through(page, act, stop=lambda state: False):
  """Acts on each question until the end, or until `stop(state)`.

  `act(number)` answers question `number` or lets it pass.
  """
  while True:
    seen = page.state()
    if seen['stage'] == 'done' or stop(seen):
      return
    number = seen['question']['number']
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
  ('participant', 'choose'), [(0, by_key), (9, by_mouse)]
)
def test_a_whole_study_with_time_outs(root, server, page, participant, choose):
  questions = plan.read(root / 'plan.json').participants[participant]
  missed = [i for i, q in enumerate(questions) if q.mode == 0][3]
  expected = ['right' if i % 3 else 'left' for i in range(len(questions))]
  page.start(server.links[participant])

  def act(number):
    if number != missed:  # Let that one pass.
      choose(page, expected[number])

  go_through(page, act)
  studies.wait_until(lambda: 'Thank you' in page.text())
  expected[missed] = 'none'
  given = answers(root, participant)
  assert [a.question for a in given] == list(range(14))
  assert [a.choice for a in given] == expected
  assert given[missed].response_ms == 1000 * LIMIT
  assert all(
    0 < a.response_ms <= a.server_ms + 200 and a.showings == 1 for a in given
  )
  assert all((a.layout, a.scale) == ('row', 1.0) for a in given)
  assert page.errors() == []
  assert page.driver.title != '1', 'The title was run as a script.'


def test_reload_and_another_browser_continue_without_asking_again(
  root, server, page
):
  link = server.links[1]  # Begins without a limit.
  page.start(link)
  page.choose()
  studies.wait_until(lambda: page.state()['answered'] == 1)
  page.question()
  time.sleep(0.3)  # Until the server knows that the pictures were painted.
  page.driver.refresh()
  studies.wait_until(lambda: 'Practice is over' in page.text())
  page.question()
  page.choose('right')
  studies.wait_until(lambda: page.state()['answered'] == 2)
  page.question()
  time.sleep(0.3)
  with browser.chromium(language='ja') as other:
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
  page.driver.execute_script(
    """
    const press = (repeat) => window.dispatchEvent(
      new KeyboardEvent('keydown', { key: 'j', repeat }),
    );
    press(false);
    for (let i = 0; i < 5; i += 1) press(true);
    """
  )
  studies.wait_until(lambda: page.state()['answered'] == 3)
  time.sleep(0.7)  # Longer than the pause: a stray answer would have come.
  given = answers(root, 5)
  assert [a.choice for a in given] == ['right', 'left', 'right']


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


def test_a_phone_shows_both_pictures_whole(tmp_path):
  studies.write_sets(tmp_path, num_scenes=3, size=(512, 256))
  sets = [f'--set={name}={tmp_path / name}' for name in studies.NAMES]
  status, _, err = studies.command(
    *('plan', *sets, '--output', tmp_path / 'plan.json'),
    *('--questions', 2, '--practice', 0, '--time_limit', 'none'),
  )
  assert status == 0, err
  with (
    studies.serving(tmp_path) as server,
    browser.chromium(language='ja') as phone,
  ):
    phone.resize(360, 740, scale=3)
    phone.start(server.links[0])
    assert 'どちら' in phone.text()
    phone.find('.side img')
    boxes = phone.driver.execute_script(
      """
      return [...document.querySelectorAll('.side img')].map((image) => {
        const { left, right, top, bottom } = image.getBoundingClientRect();
        return { left, right, top, bottom };
      });
      """
    )
    assert (
      phone.driver.execute_script('return document.documentElement.scrollWidth')
      == 360
    )
    time.sleep(0.5)
    phone.choose('right')
    studies.wait_until(lambda: phone.state()['answered'] == 1)
  assert all(0 <= b['left'] and b['right'] <= 360 for b in boxes)
  assert all(0 <= b['top'] and b['bottom'] <= 740 for b in boxes)
  assert boxes[0]['bottom'] <= boxes[1]['top']
  (given,) = answers(tmp_path, 0)
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
  assert any(cell == '14 / 14' for cell in cells)
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


def test_a_page_outlives_a_server_that_is_killed(tmp_path):
  studies.make_plan(
    tmp_path, num_participants=1, num_questions=3, time_limits=(None,)
  )
  with browser.chromium() as page:
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
  assert [a.choice for a in answers(tmp_path, 0)] == ['left', 'right']
