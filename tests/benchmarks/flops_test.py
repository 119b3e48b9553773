"""FLOPs of a function, against counts by hand."""

import jax
import jax.numpy as jnp
import pytest

from benchmarks import flops
from instgan_jax.models import convolution


def _image(*shape):
  return jax.ShapeDtypeStruct(shape, jnp.float32)


def test_counts_a_product():
  # 3 x 5 results of 4 products each.
  assert flops.count(jnp.dot, _image(3, 4), _image(4, 5)) == 2 * 3 * 5 * 4


def test_does_not_count_padding():
  def convolve(x, kernel):
    return convolution.convolve(x, kernel, 1, ((1, 1), (1, 1)))

  # Of 3 columns the outer ones meet 2 of 3 values: 7 of 9; rows likewise.
  count = flops.count(convolve, _image(1, 3, 3, 2), _image(3, 3, 2, 5))
  assert count == 2 * 7 * 7 * 2 * 5


def test_a_gradient_costs_twice_the_function():
  def loss(x, kernel):
    return jnp.sum(convolution.convolve(x, kernel, 2, ((2, 2), (2, 2))) ** 2)

  shapes = _image(2, 8, 8, 3), _image(4, 4, 3, 7)
  forward = flops.count(loss, *shapes)
  assert flops.count(jax.grad(loss, (0, 1)), *shapes) == 3 * forward
  assert flops.count(jax.grad(loss, 1), *shapes) == 2 * forward


def test_counts_every_round_of_a_loop():
  def repeat(x):
    return jax.lax.map(lambda row: row @ row, x)

  assert flops.count(repeat, _image(6, 3, 3)) == 6 * 2 * 27


@pytest.mark.parametrize(
  ('kind', 'pairs'),
  [
    ({'padding': 1}, 10),  # 2 + 3 + 3 + 2
    ({'stride': 2}, 6),  # Two outputs of three.
    ({'dilation': 2, 'padding': 0}, 8),  # Every other position is a zero.
  ],
)
def test_pairs_of_an_axis(kind, pairs):
  sizes = {'padding': (4, 3, 4), 'stride': (5, 3, 2), 'dilation': (4, 3, 5)}
  size, kernel, out = sizes[next(iter(kind))]
  assert flops.useful_pairs(size, kernel, out, **kind) == pairs
