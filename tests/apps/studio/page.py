"""What a visitor can do in a browser."""

import time

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import ActionChains, Keys
from selenium.webdriver.common.by import By

from tests.apps import browser
from tests.apps.waiting import wait_until

_PICTURE = 'figure:nth-child({}) .picture'


class Page(browser.Page):
  """The page of a studio."""

  def open(self, url, seed=None):
    """Opens it without earlier work, maybe at a toy street."""
    self.driver.get(url)
    self.driver.execute_script('sessionStorage.clear()')
    self.driver.get('about:blank')
    self.driver.get(url)
    self.find('.item')
    if seed is not None:
      self.set_value('#toy-seed', seed, 'change')
    self.settle()

  def settle(self):
    """Waits until all that was asked for is shown."""
    wait_until(lambda: self.attribute('#stage', 'aria-busy') == 'false')

  def picture(self, pane=2):
    """A pane as a data URL: 1 is the map, 2 the first model's picture."""
    canvas = _PICTURE.format(pane)
    return self.driver.execute_script(
      f'return document.querySelector("{canvas}").toDataURL()'
    )

  def changes(self, act, pane=2):
    """Acts, and waits until the picture is another one; gives that."""
    before = self.picture(pane)
    act()
    wait_until(lambda: self.picture(pane) != before)
    self.settle()
    return self.picture(pane)

  def click(self, selector):
    self.find(selector)
    wait_until(lambda: self._clicked(selector))

  def _clicked(self, selector):
    try:
      self.driver.find_element(By.CSS_SELECTOR, selector).click()
    except StaleElementReferenceException:
      return False  # It was just made anew.
    return True

  def press(self, *keys, is_shifted=False):
    """Keys on the pictures, maybe with Shift."""
    stage = self.find('#stage')
    self.driver.execute_script('arguments[0].focus()', stage)
    keyboard = ActionChains(self.driver)
    if is_shifted:
      keyboard.key_down(Keys.SHIFT)
    keyboard.send_keys(*keys)
    if is_shifted:
      keyboard.key_up(Keys.SHIFT)
    keyboard.perform()

  def press_focused(self, *keys):
    """Keys on whatever has the focus."""
    ActionChains(self.driver).send_keys(*keys).perform()

  def focus(self, selector):
    self.find(selector)
    self.driver.execute_script(
      'document.querySelector(arguments[0]).focus()', selector
    )

  def focused(self):
    """What has the focus, as a selector of its id."""
    return '#' + self.driver.execute_script('return document.activeElement.id')

  def chosen(self):
    """The scene that the list names."""
    return self.driver.execute_script(
      "return document.querySelector('#scenes').selectedOptions[0].text"
    )

  def ids(self):
    """The instances of the list."""
    return self.driver.execute_script(
      "return [...document.querySelectorAll('#scene-panel .item')]"
      '.map((item) => item.dataset.id)'
    )

  def attribute(self, selector, name):
    """Of an element, which may be made anew at any time."""
    self.find(selector)
    return self.driver.execute_script(
      'return document.querySelector(arguments[0]).getAttribute(arguments[1])',
      selector,
      name,
    )

  def stored(self):
    """The work, as the page keeps it, a moment after the last change."""
    self.settle()
    time.sleep(0.4)  # It is kept after a pause.
    script = 'return sessionStorage.getItem("studio-work")'
    return self.driver.execute_script(script)

  def select(self, instance_id):
    self.click(f'.item[data-id="{instance_id}"]')

  def selected(self):
    """The heading of the inspector."""
    return self.driver.execute_script(
      "return document.querySelector('#inspector h2').textContent"
    )

  def point(self, x, y, pane=2, *, to=None):
    """Clicks a pane at shares of its sides, or drags from there to another."""
    overlay = self.find(f'figure:nth-child({pane}) .overlay')
    size = overlay.size

    def offset(x, y):
      return round((x - 0.5) * size['width']), round((y - 0.5) * size['height'])

    mouse = ActionChains(self.driver, duration=20)
    mouse.move_to_element_with_offset(overlay, *offset(x, y)).click_and_hold()
    if to:
      mouse.move_to_element_with_offset(overlay, *offset(*to))
    mouse.release().perform()

  def set_value(self, selector, value, event='input'):
    """Moves a slider, or fills a field."""
    self.driver.execute_script(
      """
      const [field, value, kind] = arguments;
      field.value = value;
      field.dispatchEvent(new Event(kind, { bubbles: true }));
      """,
      self.find(selector),
      value,
      event,
    )

  def choose_files(self, *files):
    self.find('#files').send_keys('\n'.join(map(str, files)))

  def message(self):
    """The line about what went wrong; '' for none."""
    return self.driver.execute_script(
      "const line = document.getElementById('message');"
      "return line && !line.hidden ? line.textContent : ''"
    )
