"""The studio in a real browser, with what visitors do to it.

The tests are in `visits`, by what they are about. To pytest they are all of
this file, so that one process has them, with one server and one browser.
"""

import pytest

from tests.apps import browser
from tests.apps.studio import page as page_lib
from tests.apps.studio import studios
from tests.apps.studio.visits import street
from tests.apps.studio.visits.files import *  # noqa: F403
from tests.apps.studio.visits.layouts import *  # noqa: F403
from tests.apps.studio.visits.looking import *  # noqa: F403
from tests.apps.studio.visits.servers import *  # noqa: F403
from tests.apps.studio.visits.styles import *  # noqa: F403

pytestmark = [
  pytest.mark.slow,
  pytest.mark.user,
  pytest.mark.skipif(browser.MISSING is not None, reason=browser.MISSING or ''),
]


@pytest.fixture(scope='module')
def server(workdirs):
  with studios.serving(*workdirs) as running:
    yield running


@pytest.fixture(scope='module')
def browser_page(tmp_path_factory):
  with browser.chromium(1440, 1043, page=page_lib.Page) as opened:
    opened.downloads = tmp_path_factory.mktemp('downloads')
    opened.driver.execute_cdp_cmd(
      'Browser.setDownloadBehavior',
      {'behavior': 'allow', 'downloadPath': str(opened.downloads)},
    )
    yield opened


@pytest.fixture
def page(server, browser_page):
  """The page at a toy street, without earlier work."""
  browser_page.open(server.url, street.SEED)
  browser_page.errors()  # Those of the test before.
  return browser_page
