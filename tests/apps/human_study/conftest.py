"""What the tests of the study share."""

import sqlite3

import pytest


@pytest.fixture
def connections(monkeypatch):
  """The connections to SQLite that the test makes, in order."""
  made = []
  connect = sqlite3.connect

  def recorded(*arguments, **options):
    made.append(connect(*arguments, **options))
    return made[-1]

  monkeypatch.setattr(sqlite3, 'connect', recorded)
  return made
