"""Flags of XLA that every command has."""

import importlib.metadata
import os

# XLA's CPU compiler orders the operations of a program so that as many as
# possible can run at once. Those of our networks each take all cores; in the
# order of this flag their results are used, and their memory is free, sooner.
_FLAGS = {'xla_cpu_enable_concurrency_optimized_scheduler': 'false'}
# XLA aborts over flags that it does not have; these versions have them.
_VERSIONS = ('0.7.', '0.8.', '0.9.', '0.10.')


def configure() -> None:
  """Sets them for JAX, if it is used later; those in XLA_FLAGS stay."""
  if not importlib.metadata.version('jaxlib').startswith(_VERSIONS):
    return
  given = os.environ.get('XLA_FLAGS', '')
  missing = [f'--{key}={_FLAGS[key]}' for key in _FLAGS if key not in given]
  os.environ['XLA_FLAGS'] = ' '.join([given, *missing]).strip()
