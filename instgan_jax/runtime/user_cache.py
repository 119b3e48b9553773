"""The user's folder of what can be downloaded or computed again."""

import os
import pathlib


def folder() -> pathlib.Path:
  """`$XDG_CACHE_HOME/instgan_jax`, or below ~/.cache without the variable."""
  root = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
  return pathlib.Path(root) / 'instgan_jax'
