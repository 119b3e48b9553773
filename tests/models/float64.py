"""Tests in float64, in every version of JAX that is supported."""

import contextlib

import jax


@contextlib.contextmanager
def enabled():
  """As `jax.enable_x64(True)`, which JAX 0.7.2 has under another name."""
  jax.config.update('jax_enable_x64', True)
  try:
    yield
  finally:
    jax.config.update('jax_enable_x64', False)
