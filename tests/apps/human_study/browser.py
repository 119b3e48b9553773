"""A real browser for tests: Debian's Chromium, through Selenium."""

import contextlib
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.apps.human_study import studies

MISSING = next(
  (
    f'{program} is not installed (Debian: apt-get install chromium'
    ' chromium-driver)'
    for program in ('chromium', 'chromedriver')
    if shutil.which(program) is None
  ),
  None,
)
FLAGS = (
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-dev-shm-usage',
  '--screen-info={1280x720}',
)


@contextlib.contextmanager
def chromium(width=1280, height=720, language='en'):
  """A browser of its own, with an empty profile."""
  with tempfile.TemporaryDirectory() as profile:
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which('chromium')
    for flag in FLAGS:
      options.add_argument(flag)
    options.add_argument(f'--user-data-dir={profile}')
    options.add_argument(f'--window-size={width},{height}')
    options.add_argument(f'--lang={language}')
    options.add_experimental_option(
      'prefs', {'intl.accept_languages': language}
    )
    options.set_capability('goog:loggingPrefs', {'browser': 'ALL'})
    service = webdriver.ChromeService(shutil.which('chromedriver'))
    driver = webdriver.Chrome(options=options, service=service)
    try:
      yield Page(driver)
    finally:
      driver.quit()


class Page:
  """What a participant can do."""

  def __init__(self, driver):
    self.driver = driver

  def find(self, selector):
    """Waits for an element."""
    return studies.wait_until(
      lambda: (self.driver.find_elements(By.CSS_SELECTOR, selector) or [None])[
        0
      ]
    )

  def has(self, selector):
    return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

  def start(self, link):
    """Opens a link, consents, and passes the instructions."""
    self.driver.get(link)
    self.find('#agree').click()
    self.find('#go').click()
    studies.wait_until(lambda: not self.has('#agree'))
    self.find('#go').click()

  def question(self):
    """Passes a notice if there is one, and waits until it takes answers."""
    studies.wait_until(lambda: self.has('#go') or self.has('.side'))
    if self.has('#go'):
      self.find('#go').click()
    self.find('.pair[data-shown]')

  def choose(self, side='left'):
    """Clicks an image."""
    self.find(f'.side[data-side={side}]').click()

  def text(self):
    return self.find('body').text

  def state(self):
    """What the server says of the participant of this page."""
    return self.driver.execute_async_script(
      """
      const done = arguments[arguments.length - 1];
      fetch(location.pathname + '/state').then((r) => r.json()).then(done);
      """
    )

  def resize(self, width, height, scale=1):
    """Makes the page a phone's screen."""
    self.driver.execute_cdp_cmd(
      'Emulation.setDeviceMetricsOverride',
      {
        'width': width,
        'height': height,
        'deviceScaleFactor': scale,
        'mobile': True,
      },
    )

  def errors(self):
    """What the console complains of."""
    return [
      entry
      for entry in self.driver.get_log('browser')
      if entry['level'] == 'SEVERE'
    ]
