"""The libraries of the package's optional extras."""

import importlib.util

from data_pipeline.errors import InputError


def require(extra: str, *modules: str) -> None:
  """Checks that libraries are installed, before anything imports them.

  Args:
    extra: that brings them, such as study.
    *modules: their names.

  Raises:
    InputError: naming those that are missing and how to install them.
  """
  missing = [m for m in modules if importlib.util.find_spec(m) is None]
  if missing:
    raise InputError(
      f'{", ".join(missing)} {"is" if len(missing) == 1 else "are"} not'
      f" installed. Run: pip install '.[{extra}]'"
    )
