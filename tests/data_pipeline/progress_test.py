"""Bars in terminals, lines in logs, nothing where nothing is wanted."""

import io
import sys

from data_pipeline import progress


class Terminal(io.StringIO):
  def isatty(self):
    return True


def count(number=500):
  for _ in progress.bar(range(number), desc='Counting', unit='sheep'):
    pass


def test_a_log_has_lines_for_the_start_and_the_end(capsys):
  count()
  first, last = capsys.readouterr().err.splitlines()
  assert '0/500' in first and '500/500' in last
  assert all(line.startswith('Counting:') for line in (first, last))


def test_a_terminal_has_a_bar(monkeypatch):
  terminal = Terminal()
  monkeypatch.setattr(sys, 'stderr', terminal)
  count()
  assert terminal.getvalue().startswith('\rCounting:   0%')


def test_a_quiet_process_shows_none(capsys, monkeypatch):
  monkeypatch.setattr(progress, '_is_quiet', False)
  progress.set_quiet(True)
  count()
  assert capsys.readouterr().err == ''
