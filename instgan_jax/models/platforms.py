"""Functions with a form for each platform, traced for those that are wanted.

`jax.lax.platform_dependent` traces every form, although a program that runs
here needs one of them: it takes a train step twice as long to trace. Programs
for other devices (exports, the compiler of another device) name the platforms.
"""

import contextlib
import contextvars
from collections.abc import Callable, Iterator
from typing import Any

import jax

_names: contextvars.ContextVar[tuple[str, ...]] = contextvars.ContextVar(
  'platforms', default=()
)


@contextlib.contextmanager
def traced_for(*names: str) -> Iterator[None]:
  """Within it, functions are traced for these platforms.

  Args:
    names: as of `jax.lax.platform_dependent`: 'cpu', 'tpu', 'cuda', 'rocm'.
  """
  token = _names.set(names)
  try:
    yield
  finally:
    _names.reset(token)


def choose(*arguments: Any, default: Callable, **forms: Callable) -> Any:
  """`jax.lax.platform_dependent` for the platforms that are wanted.

  Args:
    *arguments: of every form.
    default: the form of other platforms.
    **forms: by the name of a platform; all compute the same.

  Returns:
    The result of the form for the platform that the program is lowered for:
    one of those of `traced_for`, otherwise JAX's default.
  """
  names = _names.get() or (jax.default_backend(),)
  if len(names) > 1:
    return jax.lax.platform_dependent(*arguments, default=default, **forms)
  return forms.get(names[0], default)(*arguments)
