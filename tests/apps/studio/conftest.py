"""A studio of two small models, for the tests of a file."""

import pytest

from tests.apps.studio import studios

pytest.register_assert_rewrite('tests.apps.studio.visits')


@pytest.fixture(scope='module')
def workdirs(tmp_path_factory):
  """Generators of L+I+P and of L, with random weights."""
  folder = tmp_path_factory.mktemp('models')
  return [studios.model(folder, method) for method in ('lip', 'l')]


@pytest.fixture(scope='module')
def studio(workdirs):
  return studios.Studio(workdirs)
