"""FLOPs of the convolutions and matrix products of a JAX function.

Counted before any compiler: two for each multiplication of a weight with a
value of the data, in what the results need. Multiplications with padding, and
with the zeros that strides leave in a gradient, are not counted.
"""

import math
from collections.abc import Callable

import jax
import numpy as np
from jax.extend import core
from jax.interpreters import partial_eval


def count(function: Callable, *arguments) -> int:
  """FLOPs of one call; of a loop, those of all its rounds.

  Args:
    function: traceable.
    arguments: arrays, or their shapes and dtypes.
  """
  jaxpr = jax.make_jaxpr(function)(*arguments).jaxpr
  jaxpr, _ = partial_eval.dce_jaxpr(jaxpr, [True] * len(jaxpr.outvars))
  return _of_jaxpr(jaxpr)


def useful_pairs(
  size: int,
  kernel: int,
  out: int,
  *,
  stride: int = 1,
  padding: int = 0,
  dilation: int = 1,
  kernel_dilation: int = 1,
) -> int:
  """Pairs of an output and a kernel position that meet a value of the data.

  Along one axis of a convolution.

  Args:
    size: of the data.
    kernel: size of the kernel.
    out: size of the output.
    stride: of the kernel over the (dilated) data.
    padding: before the data, may be negative.
    dilation: distance of neighboring values of the data.
    kernel_dilation: distance of neighboring values of the kernel.
  """
  positions = (
    np.arange(out)[:, None] * stride
    + np.arange(kernel)[None] * kernel_dilation
    - padding
  )
  is_inside = (positions >= 0) & (positions <= (size - 1) * dilation)
  return int((is_inside & (positions % dilation == 0)).sum())


def _of_jaxpr(jaxpr: core.Jaxpr) -> int:
  return sum(_of_equation(equation) for equation in jaxpr.eqns)


def _of_equation(equation: core.JaxprEqn) -> int:
  name, parameters = equation.primitive.name, equation.params
  if name == 'conv_general_dilated':
    return _of_convolution(equation)
  if name == 'dot_general':
    (contracted, _), _ = parameters['dimension_numbers']
    shape = equation.invars[0].aval.shape
    factor = math.prod(shape[axis] for axis in contracted)
    return 2 * factor * math.prod(equation.outvars[0].aval.shape)
  inner = [_of_jaxpr(jaxpr) for jaxpr in _inner_jaxprs(parameters)]
  if name == 'cond':  # The same function in several forms, or one of them runs.
    return min(inner)
  return parameters.get('length', 1) * sum(inner)


def _of_convolution(equation: core.JaxprEqn) -> int:
  parameters = equation.params
  data, kernel = (variable.aval.shape for variable in equation.invars)
  out = equation.outvars[0].aval.shape
  numbers = parameters['dimension_numbers']
  pairs = 1
  for i, (d, k, o) in enumerate(
    zip(
      numbers.lhs_spec[2:],
      numbers.rhs_spec[2:],
      numbers.out_spec[2:],
      strict=True,
    )
  ):
    pairs *= useful_pairs(
      data[d],
      kernel[k],
      out[o],
      stride=parameters['window_strides'][i],
      padding=parameters['padding'][i][0],
      dilation=parameters['lhs_dilation'][i],
      kernel_dilation=parameters['rhs_dilation'][i],
    )
  batch, features = (out[axis] for axis in numbers.out_spec[:2])
  return 2 * batch * features * kernel[numbers.rhs_spec[1]] * pairs


def _inner_jaxprs(parameters: dict) -> list[core.Jaxpr]:
  """The jaxprs among the parameters of an equation, of one branch or more."""
  found = []
  for value in parameters.values():
    for item in value if isinstance(value, tuple | list) else (value,):
      if isinstance(item, core.ClosedJaxpr):
        found.append(item.jaxpr)
      elif isinstance(item, core.Jaxpr):
        found.append(item)
  return found
