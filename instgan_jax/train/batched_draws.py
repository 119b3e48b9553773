"""The random kernels of a network, drawn by shapes instead of one by one.

Every kernel has a key of its own. XLA compiles each draw by itself, which is
most of the work of compiling an initialization, and there are far fewer shapes
than kernels.
"""

import collections
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import jax
import jax.numpy as jnp
from jax.extend import core

T = TypeVar('T')


def batched_draws(
  initialize: Callable[[], T], draw: Callable[..., jax.Array]
) -> Callable[[], T]:
  """`initialize`, in which calls of `draw` for one shape are one `jax.vmap`.

  The values are the same, bit by bit. Keys that follow from constants, such as
  a seed, are computed while it is traced.

  Args:
    initialize: a function of nothing, to be jitted.
    draw: jitted, (key, ...) -> array, where all but the key is static.
  """

  def run() -> T:
    program, shapes = jax.make_jaxpr(initialize, return_shape=True)()
    results = _results(program, draw.__name__)
    return jax.tree.unflatten(jax.tree.structure(shapes), results)

  return run


def _results(program: core.ClosedJaxpr, draw: str) -> Sequence[Any]:
  """What a program without arguments gives."""
  keys, draws, rest = _parted(program.jaxpr.eqns, draw)
  key_vars = [var for equation in keys for var in equation.outvars]
  with jax.ensure_compile_time_eval():
    values = _run(program, keys, {}, key_vars)
  known = dict(zip(key_vars, values, strict=True))
  for equations in draws:
    known.update(_drawn(equations, known))
  return _run(program, rest, known, program.jaxpr.outvars)


def _parted(
  equations: Sequence[core.JaxprEqn], draw: str
) -> tuple[list[core.JaxprEqn], list[list[core.JaxprEqn]], list[core.JaxprEqn]]:
  """What makes keys of constants, the draws of each shape, and all others."""
  keys, draws, rest = [], collections.defaultdict(list), []
  known: set[core.Var] = set()
  for equation in equations:
    inputs = [v for v in equation.invars if not isinstance(v, core.Literal)]
    if not known.issuperset(inputs):
      rest.append(equation)
    elif all(_is_key(var) for var in equation.outvars):
      keys.append(equation)
      known.update(equation.outvars)
    elif equation.params.get('name') == draw:
      draws[equation.params['jaxpr']].append(equation)
    else:
      rest.append(equation)
  return keys, list(draws.values()), rest


def _is_key(var: core.Var) -> bool:
  return jax.dtypes.issubdtype(var.aval.dtype, jax.dtypes.prng_key)


def _drawn(
  equations: Sequence[core.JaxprEqn], known: Mapping[Any, Any]
) -> Iterator[tuple[core.Var, Any]]:
  """The variables of the draws of one shape, and their values."""
  keys = jnp.stack([known[equation.invars[0]] for equation in equations])
  (values,) = jax.vmap(core.jaxpr_as_fun(equations[0].params['jaxpr']))(keys)
  for equation, value in zip(equations, values, strict=True):
    yield equation.outvars[0], value


def _run(
  program: core.ClosedJaxpr,
  equations: Sequence[core.JaxprEqn],
  known: dict[core.Var, Any],
  outputs: Sequence[Any],
) -> Sequence[Any]:
  """The values of `outputs`, by some of the equations of a program."""
  part = program.jaxpr.replace(
    eqns=list(equations), invars=list(known), outvars=list(outputs)
  )
  run = core.jaxpr_as_fun(core.ClosedJaxpr(part, program.consts))
  return run(*known.values())
