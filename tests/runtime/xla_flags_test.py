"""A command's flags of XLA, beside those of its user."""

import importlib.metadata
import os

import pytest

from instgan_jax.runtime import xla_flags

OURS = '--xla_cpu_enable_concurrency_optimized_scheduler=false'


@pytest.fixture(autouse=True)
def nothing_is_added_for_other_tests(monkeypatch):
  monkeypatch.setattr(xla_flags, '_added', [])


@pytest.mark.parametrize(
  ('given', 'expected'),
  [
    ('', OURS),
    ('--xla_dump_to=/dump', f'--xla_dump_to=/dump {OURS}'),
    (OURS.replace('false', 'true'), OURS.replace('false', 'true')),
  ],
)
def test_what_the_user_says_has_precedence(monkeypatch, given, expected):
  monkeypatch.setenv('XLA_FLAGS', given)
  xla_flags.configure()
  assert os.environ['XLA_FLAGS'] == expected


def test_small_networks_have_the_other_order(monkeypatch):
  monkeypatch.setenv('XLA_FLAGS', '--xla_dump_to=/dump')
  xla_flags.configure()
  xla_flags.run_operations_at_once()
  at_once = OURS.replace('false', 'true')
  assert os.environ['XLA_FLAGS'] == f'--xla_dump_to=/dump {at_once}'
  monkeypatch.setenv('XLA_FLAGS', OURS)
  xla_flags.configure()
  xla_flags.run_operations_at_once()
  assert os.environ['XLA_FLAGS'] == OURS


def test_versions_that_may_abort_over_them_get_none(monkeypatch):
  monkeypatch.setenv('XLA_FLAGS', '')
  monkeypatch.setattr(importlib.metadata, 'version', lambda name: '0.12.0')
  xla_flags.configure()
  assert os.environ['XLA_FLAGS'] == ''
