"""Flags of XLA that every command has."""

import os

# XLA's CPU compiler orders the operations of a program so that as many as
# possible can run at once. Those of our networks each take all cores; in the
# order of this flag their results are used, and their memory is free, sooner.
_FLAGS = {'xla_cpu_enable_concurrency_optimized_scheduler': 'false'}


def configure() -> None:
  """Sets them for JAX, if it is used later; those in XLA_FLAGS stay."""
  given = os.environ.get('XLA_FLAGS', '')
  missing = [f'--{key}={_FLAGS[key]}' for key in _FLAGS if key not in given]
  os.environ['XLA_FLAGS'] = ' '.join([given, *missing]).strip()
