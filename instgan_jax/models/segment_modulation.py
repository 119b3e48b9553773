"""gamma and beta of the labels, in two forms of one function.

SPADE (arXiv:1903.07291) predicts them from the labels by a 3x3 convolution, a
ReLU and a 3x3 convolution each, two thirds of the work of GauGAN's generator.
`dense` computes that at every pixel, `deduplicated` once for every distinct 5x5
neighborhood of the semantic input, see `neighborhoods`. Both agree up to
rounding.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from instgan_jax.models import neighborhoods, platforms, small_conv

# 'auto' takes the dense form at fewer pixels an image, where nearly all
# neighborhoods are distinct, and on anything but CPUs.
FORMS = ('auto', 'deduplicated', 'dense')
MIN_PIXELS = 64 * 128


class Weights(NamedTuple):
  """Kernels [3, 3, in, out] and biases [out] of the three convolutions."""

  shared: tuple[jax.Array, jax.Array]
  gamma: tuple[jax.Array, jax.Array]
  beta: tuple[jax.Array, jax.Array]


class Repeats(NamedTuple):
  """Where the semantic input of a batch repeats itself, at one resolution.

  Attributes:
    table: [M, K], the vectors of the semantic input.
    of_input: the distinct neighborhoods in the input.
    of_hidden: those in the result of the first convolution.
  """

  table: jax.Array
  of_input: neighborhoods.Neighborhoods
  of_hidden: neighborhoods.Neighborhoods


def repeats(ids: jax.Array, table: jax.Array, *, form: str) -> Repeats | None:
  """Finds what the layers of one resolution can share.

  Args:
    ids: [B, h, w], see `semantic_input.semantic_ids`.
    table: [M, K], see `semantic_input.semantic_table`.
    form: one of `FORMS`.

  Returns:
    None where `form` is, at this size, the dense one on every platform.

  Raises:
    ValueError: if the form is unknown.
  """
  if form not in FORMS:
    raise ValueError(
      f'The form of the modulation is {form!r}: choose one of {FORMS}.'
    )
  is_small = ids.shape[1] * ids.shape[2] < MIN_PIXELS
  if form == 'dense' or (form == 'auto' and is_small):
    return None

  def find(ids: jax.Array):
    of_input = neighborhoods.distinct(ids)
    return of_input, neighborhoods.distinct(of_input.number_map)

  def find_none(ids: jax.Array):
    return jax.tree.map(
      lambda x: jnp.zeros(x.shape, x.dtype), jax.eval_shape(find, ids)
    )

  if form == 'auto':
    found = platforms.choose(ids, cpu=find, default=find_none)
  else:
    found = find(ids)
  return Repeats(table, *found)


def modulation(
  weights: Weights,
  semantic: jax.Array,
  repeats: Repeats | None,
  *,
  form: str = 'auto',
) -> tuple[jax.Array, jax.Array]:
  """gamma and beta, [B, h, w, C] each.

  Args:
    weights: of one dtype, that of the computation and the result.
    semantic: [B, h, w, K], of that dtype; see `semantic_input`.
    repeats: of the same input; None for the dense form.
    form: one of `FORMS`.
  """
  if repeats is None:
    return dense(weights, semantic)
  if form == 'deduplicated':
    return deduplicated(weights, repeats)
  return platforms.choose(
    weights,
    semantic,
    repeats,
    cpu=lambda weights, semantic, repeats: deduplicated(weights, repeats),
    default=lambda weights, semantic, repeats: dense(weights, semantic),
  )


def dense(weights: Weights, semantic: jax.Array) -> tuple[jax.Array, jax.Array]:
  """By convolutions of the maps."""
  hidden = jax.nn.relu(_convolve(semantic, *weights.shared))
  return _convolve(hidden, *weights.gamma), _convolve(hidden, *weights.beta)


def deduplicated(
  weights: Weights, repeats: Repeats
) -> tuple[jax.Array, jax.Array]:
  """By convolutions of the distinct neighborhoods."""
  rows = _rows_recomputed(weights, repeats)
  gamma, beta = neighborhoods.lookup(rows, repeats.of_hidden, 2)
  return gamma, beta


def _rows(weights: Weights, repeats: Repeats) -> jax.Array:
  """The table of gamma and beta, [rows, 2 C]."""
  kernel, bias = weights.shared
  table = repeats.table.astype(kernel.dtype)
  hidden = neighborhoods.convolve(table, kernel, bias, repeats.of_input, True)
  kernel, bias = (
    jnp.concatenate(pair, axis=-1)
    for pair in zip(weights.gamma, weights.beta, strict=True)
  )
  return neighborhoods.convolve(hidden, kernel, bias, repeats.of_hidden, False)


# The backward pass computes the table between the two convolutions again: it is
# as large as a map, but a small part of the work.
_rows_recomputed = jax.custom_vjp(_rows)


def _rows_forward(weights: Weights, repeats: Repeats):
  return _rows(weights, repeats), (weights, repeats)


def _rows_backward(residuals: tuple[Weights, Repeats], gradient: jax.Array):
  weights, repeats = residuals
  kernel, bias = weights.shared
  # Otherwise XLA finds that it has that table already, and keeps it.
  bias = bias + neighborhoods.zeros_beside(gradient, bias.shape, bias.dtype)
  weights = weights._replace(shared=(kernel, bias))
  _, pullback = jax.vjp(lambda weights: _rows(weights, repeats), weights)
  return *pullback(gradient), None


_rows_recomputed.defvjp(_rows_forward, _rows_backward)


def _convolve(x: jax.Array, kernel: jax.Array, bias: jax.Array) -> jax.Array:
  return small_conv.conv_3x3(x, kernel) + bias[None, None, None]
