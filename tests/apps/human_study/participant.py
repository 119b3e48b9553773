"""What a participant can do in a browser."""

from tests.apps import browser
from tests.apps.waiting import wait_until


class Page(browser.Page):
  """The page of a personal link."""

  def start(self, link):
    """Opens a link, consents, and passes the instructions."""
    self.driver.get(link)
    self.find('#agree').click()
    self.find('#go').click()
    wait_until(lambda: not self.has('#agree'))
    self.find('#go').click()

  def question(self):
    """Passes a notice if there is one, and waits until it takes answers."""
    wait_until(lambda: self.has('#go') or self.has('.side'))
    if self.has('#go'):
      self.find('#go').click()
    self.find('.pair[data-shown]')

  def choose(self, side='left'):
    """Clicks an image."""
    self.find(f'.side[data-side={side}]').click()

  def state(self):
    """What the server says of the participant of this page."""
    return self.driver.execute_async_script(
      """
      const done = arguments[arguments.length - 1];
      fetch(location.pathname + '/state').then((r) => r.json()).then(done);
      """
    )
