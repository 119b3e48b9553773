"""What is seen and named: panes, maps, both languages, a phone."""

import pytest
from selenium.webdriver import Keys

from tests.apps.studio.visits import street
from tests.apps.waiting import wait_until


def test_a_click_in_either_view_names_the_instance(page):
  one, point = street.largest()
  for pane in (1, 2, 3):
    page.point(0.5, 0.02, pane)
    assert page.selected() == 'Nothing selected'
    page.point(*point, pane)
    assert page.selected().endswith(f' {one}')
  assert page.errors() == []


def test_views_explain_the_method(page):
  shown = {page.picture(1)}
  page.point(*street.largest()[1])
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


def test_a_picture_that_takes_long_has_a_spinner(page):
  page.point(*street.largest()[1])
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


def test_what_had_the_focus_has_it_again(page):
  page.point(*street.largest()[1])
  page.changes(lambda: page.click('#do-renew'))
  for selector in ('#style-1', '#do-flip', '#renew-26', '#renew-all'):
    page.focus(selector)
    page.changes(lambda: page.press_focused(Keys.SPACE))
    assert page.focused() == selector
  page.focus('#do-remove')
  page.changes(lambda: page.press_focused(Keys.SPACE))
  assert page.focused() == '#stage'


@pytest.mark.parametrize('width', [320, 390, 1440])
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
    one, point = street.largest()
    page.point(*point)
    assert page.selected().endswith(f' {one}')
    page.changes(lambda: page.click('#do-renew'))
    assert not page.find('#tools').is_displayed()
    assert not page.find('figure').is_displayed()  # The map, on demand.
  finally:
    page.driver.execute_cdp_cmd('Emulation.clearDeviceMetricsOverride', {})
