"""The activation of GauGAN's networks."""

import jax
import jax.numpy as jnp

_SLOPE = 0.2  # Of negative values.


@jax.custom_vjp
def leaky_relu(x: jax.Array) -> jax.Array:
  """Multiplies negative values by 0.2.

  As `nn.leaky_relu`, but the gradient comes from the signs of the result, which
  the next layer keeps anyway. From those of `x`, all that `x` is computed from
  would stay in memory until the backward pass, SPADE's beta for example.

  Args:
    x: of any shape.
  """
  return _scaled(x, x)


def _scaled(x: jax.Array, signs: jax.Array) -> jax.Array:
  return jnp.where(signs >= 0, x, _SLOPE * x)


def _forward(x: jax.Array) -> tuple[jax.Array, jax.Array]:
  y = _scaled(x, x)
  return y, y


def _backward(y: jax.Array, gradient: jax.Array) -> tuple[jax.Array]:
  return (_scaled(gradient, y),)


leaky_relu.defvjp(_forward, _backward)
