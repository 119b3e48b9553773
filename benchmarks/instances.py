"""What the number of instances costs: it should cost nothing.

  python -m benchmarks.instances --counts 8,64,256,1024

For each number of instances: the style lookup of one layer, and its gradient;
the same as the sum over masks that equation (1) of the paper writes (`masked
sum`, left out where its masks would take more than `--max_gib`); and the
generator of method L+I+P with its gradient. `times_first` is the time over
that of the smallest number; `times_lookup` over that of the lookup of as many.
`temp_MiB` is what the compiled program takes beside inputs and outputs.
"""

import argparse
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks import configuration, measurement
from instgan_jax.build import generator as build_generator
from instgan_jax.cli import program
from instgan_jax.models import instance_lookup, mimlp

_MIB = 2**20


def main() -> None:
  """Parses the flags, measures and prints."""
  parser = measurement.parser(__doc__, num_rounds=10)
  configuration.define_flags(parser)
  parser.add_argument('--counts', default='8,64,256,1024')
  parser.add_argument('--max_gib', type=float, default=1.0)
  flags = parser.parse_args()
  counts = [int(count) for count in flags.counts.split(',')]
  compiled: dict[str, Any] = {}
  for count in counts:
    for name, (function, inputs) in _functions(flags, count).items():
      case = f'{name}, {count} instances'
      program_of_case = jax.jit(function).lower(*inputs).compile()
      compiled[case] = program_of_case, inputs
  variants = {
    case: lambda run=run, inputs=inputs: run(*inputs)
    for case, (run, inputs) in compiled.items()
  }
  timings = measurement.in_turns(variants, num_rounds=flags.rounds)
  config = configuration.from_flags(flags, 'L+I+P')
  setting = configuration.setting(flags, config)
  lines = measurement.Lines('instances', setting, flags.output)
  for case, timing in timings.items():
    name, of_count = case.split(', ')
    first = timings[f'{name}, {counts[0]} instances']
    memory = compiled[case][0].memory_analysis()
    figures = {
      'temp_MiB': memory.temp_size_in_bytes / _MIB,
      'times_first': timing.median / first.median,
    }
    if name.startswith('masked sum'):
      lookup = timings[f'{name.replace("masked sum", "lookup")}, {of_count}']
      figures['times_lookup'] = timing.median / lookup.median
    lines.add(case, timing, **figures)


def masked_sum(table: jax.Array, instance_map: jax.Array) -> jax.Array:
  """Equation (1) as it is written: sum_i table[i] * x_ins(i)."""
  ids = jnp.arange(1, table.shape[1])
  masks = instance_map[:, None] == ids[None, :, None, None]
  masks = masks[..., None].astype(table.dtype)
  return jnp.sum(table[:, 1:, None, None] * masks, axis=1)


def instance_map(batch: int, height: int, width: int, count: int) -> np.ndarray:
  """Random blocks of 4 x 4 pixels, [B, H, W] of ids 0..count."""
  rng = np.random.default_rng(count)
  size = batch, -(-height // 4), -(-width // 4)
  blocks = rng.integers(0, count + 1, size, dtype=np.int32)
  return blocks.repeat(4, axis=1).repeat(4, axis=2)[:, :height, :width]


def _functions(
  flags: argparse.Namespace, count: int
) -> dict[str, tuple[Callable, tuple]]:
  """Functions and their inputs by name."""
  config = configuration.from_flags(flags, 'L+I+P')
  size = config.data.height, config.data.width
  ids = instance_map(config.batch_size, *size, count)
  shape = (config.batch_size, count, config.model.style_channels)
  dtype = build_generator.dtype(config)
  styles = jax.random.normal(jax.random.key(0), shape, dtype)
  table = mimlp.with_empty_row(styles)
  functions: dict[str, Callable] = {'lookup': instance_lookup.instance_lookup}
  if ids.size * np.prod(shape[1:]) * table.itemsize <= flags.max_gib * 2**30:
    functions['masked sum'] = masked_sum
  return {
    **{
      f'{name}{kind}': (made(function), (table, jnp.asarray(ids)))
      for name, function in functions.items()
      for kind, made in (('', lambda f: f), (' gradient', _gradient))
    },
    'generator gradient': _generator(config, ids, count),
  }


def _gradient(function: Callable) -> Callable:
  """The gradient of the mean square with respect to the first argument."""

  def mean_square(first, *rest):
    return jnp.mean(jnp.square(function(first, *rest).astype(jnp.float32)))

  return jax.grad(mean_square)


def _generator(config, ids: np.ndarray, count: int) -> tuple[Callable, tuple]:
  """The gradient of the generator's parameters, and its inputs."""
  module, _ = build_generator.build(config)
  module = module.clone(num_instances=count)
  shape = (config.batch_size, count, config.model.latent_dim)
  latents = jax.random.normal(jax.random.key(0), shape)
  inputs = jnp.zeros_like(ids), jnp.asarray(ids), latents
  initialize = jax.jit(lambda key: module.init(key, *inputs, train=False))
  variables = initialize(jax.random.key(1))
  params = variables.pop('params')

  def generate(params, stats, *inputs):
    return module.apply(
      {'params': params, **stats}, *inputs, train=True, mutable=list(stats)
    )[0]

  return _gradient(generate), (params, variables, *inputs)


if __name__ == '__main__':
  program.exit_after(main)
