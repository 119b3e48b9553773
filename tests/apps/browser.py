"""A real browser for tests: Debian's Chromium, through Selenium."""

import contextlib
import shutil
import tempfile

from selenium import webdriver
from selenium.webdriver.common.by import By

from tests.apps.waiting import wait_until

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
def chromium(width=1280, height=720, language='en', page=None):
  """A browser of its own, with an empty profile; `page` is its `Page`."""
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
      yield (page or Page)(driver)
    finally:
      driver.quit()


class Page:
  """What is on a page."""

  def __init__(self, driver):
    self.driver = driver

  def find(self, selector):
    """Waits for an element."""
    return wait_until(
      lambda: (self.driver.find_elements(By.CSS_SELECTOR, selector) or [None])[
        0
      ]
    )

  def has(self, selector):
    return bool(self.driver.find_elements(By.CSS_SELECTOR, selector))

  def text(self):
    return self.find('body').text

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
