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


def test_a_bar_says_that_it_compiles_until_the_first_piece_is_done(
  monkeypatch,
):
  terminal = Terminal()
  monkeypatch.setattr(sys, 'stderr', terminal)
  with progress.compiling_bar(total=2, desc='Drawing') as bar:
    for _ in range(2):
      progress.end_compiling(bar)
      bar.update()
  first, *_, last = terminal.getvalue().strip('\r\n').split('\r')
  assert 'compiling' in first and 'compiling' not in last
  with progress.compiling_bar(total=2, initial=2) as bar:
    assert not bar.postfix


def test_a_quiet_process_compiles_quietly(capsys, monkeypatch):
  monkeypatch.setattr(progress, '_is_quiet', True)
  with progress.compiling_bar(total=1) as bar:
    progress.end_compiling(bar)
  assert capsys.readouterr().err == ''
