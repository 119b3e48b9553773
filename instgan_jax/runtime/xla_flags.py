"""Flags of XLA that every command has."""

import importlib.metadata
import os

# XLA's CPU compiler orders the operations of a program so that as many as
# possible can run at once. Those of large networks each take all cores; in the
# order of this flag their results are used, and their memory is free, sooner.
_DEPTH_FIRST = '--xla_cpu_enable_concurrency_optimized_scheduler=false'
_AT_ONCE = _DEPTH_FIRST.replace('false', 'true')
# XLA aborts over flags that it does not have; these versions have them.
_VERSIONS = ('0.7.', '0.8.', '0.9.', '0.10.')
_added: list[str] = []


def configure() -> None:
  """Sets them for JAX, which reads them when it looks for devices.

  Those that a user has in XLA_FLAGS stay.
  """
  _added.clear()
  if not importlib.metadata.version('jaxlib').startswith(_VERSIONS):
    return
  given = os.environ.get('XLA_FLAGS', '')
  if _DEPTH_FIRST.partition('=')[0] not in given:
    os.environ['XLA_FLAGS'] = f'{given} {_DEPTH_FIRST}'.strip()
    _added.append(_DEPTH_FIRST)


def run_operations_at_once() -> None:
  """Takes XLA's own order after all, where `configure` has set the other.

  For small networks, whose operations leave cores free. To be called before
  JAX looks for devices.
  """
  if _added:
    flags = os.environ['XLA_FLAGS']
    os.environ['XLA_FLAGS'] = flags.replace(_DEPTH_FIRST, _AT_ONCE)
