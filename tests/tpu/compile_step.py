"""Compiles the train step of a configuration for a TPU that is not there.

  python -m tests.tpu.compile_step v5e:2x2 toy_street:lip --config.batch_size=2

In a process of its own: a failed check of the compiler aborts it.
"""

import os
import sys

os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['TPU_SKIP_MDS_QUERY'] = '1'
os.environ['ALLOW_MULTIPLE_LIBTPU_LOAD'] = '1'

import jax
import numpy as np
from absl import flags
from jax.experimental import topologies
from ml_collections import config_flags

from instgan_jax.build import gan
from instgan_jax.cli import shipped_configs

_MIB = 2**20


def main(topology: str, config: str, *changes: str) -> None:
  """Compiles for the first chip of `topology`; prints memory and FLOPs."""
  config = _config(config, changes)
  chip = topologies.get_topology_desc(platform='tpu', topology_name=topology)
  sharding = jax.sharding.SingleDeviceSharding(chip.devices[0])

  def on_chip(leaf) -> jax.ShapeDtypeStruct:
    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype, sharding=sharding)

  modules, optimizers = gan.networks(config), gan.optimizers(config, 100)
  state = gan.abstract_state(config, modules, optimizers)
  step = gan.train_step(config, modules, optimizers, axis_name=None)
  arguments = jax.tree.map(on_chip, (state, _batch(config)))
  lowered = jax.jit(step, donate_argnums=0).trace(*arguments)
  compiled = lowered.lower(lowering_platforms=('tpu',)).compile()
  memory = compiled.memory_analysis()
  peak = (
    memory.argument_size_in_bytes
    + memory.output_size_in_bytes
    - memory.alias_size_in_bytes
    + memory.temp_size_in_bytes
  )
  flops = compiled.cost_analysis()['flops']
  print(f'compiled: {peak / _MIB:.0f} MiB, {flops / 1e9:.2f} GFLOP')


def _config(name: str, changes):
  values = flags.FlagValues()
  argv = shipped_configs.resolve(['', f'--config={name}', *changes])
  config_flags.DEFINE_config_file('config', flag_values=values, sys_argv=argv)
  values(argv)
  return values.config


def _batch(config) -> dict[str, jax.ShapeDtypeStruct]:
  shape = (config.batch_size, config.data.height, config.data.width)
  return {
    name: jax.ShapeDtypeStruct(shape, dtype)
    for name, shape, dtype in (
      ('image', (*shape, 3), np.uint8),
      ('label_map', shape, np.uint8),
      ('instance_map', shape, np.uint16),
      ('position', shape[:1], np.uint32),
      ('num_dropped_instances', shape[:1], np.int32),
    )
  }


if __name__ == '__main__':
  main(*sys.argv[1:])
