"""Commands run in this process, each as if it were the only one.

All of them define flags such as --workdir when they are imported, so that two
cannot be imported together.
"""

import contextlib
import importlib
import sys
from unittest import mock

from absl import flags


def run(module: str, *arguments) -> None:
  """What `python -m MODULE ARGUMENTS` does, its errors being raised."""
  words = [module, *map(str, arguments)]
  _forget()
  try:
    # The configuration's flag looks for its overrides in sys.argv.
    with mock.patch.object(sys, 'argv', words):
      verb = importlib.import_module(module)
      rest = flags.FLAGS(words)
      assert rest == words[:1], rest
      verb.main([])
  finally:
    _forget()


def _forget() -> None:
  """Removes the flags of this project's modules, and the modules."""
  by_module = flags.FLAGS.flags_by_module_dict()
  for module in [name for name in by_module if name.startswith('instgan_jax')]:
    for flag in list(by_module[module]):
      with contextlib.suppress(AttributeError):
        delattr(flags.FLAGS, flag.name)
    sys.modules.pop(module, None)
  for name in [name for name in flags.FLAGS if name.startswith('config.')]:
    delattr(flags.FLAGS, name)
  flags.FLAGS.unparse_flags()
