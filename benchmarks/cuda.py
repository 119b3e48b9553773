r"""Compiles a train step for an H100 that is not there, and says what it needs.

  python -m benchmarks.cuda --config cityscapes_lip --batch_size 8 \
    --config.dtype=bfloat16

FLOPs and bytes are those of the program as JAX lowers it for CUDA, before XLA
joins operations: an upper bound of the bytes. With the package of JAX's CUDA
plugin (pip install 'jax[cuda12]'; no driver and no card are needed) it is
compiled too: its memory, and how many operations of each kind it runs. Without
a card nothing is timed, and cuDNN's algorithms are not chosen by trying.
"""

import argparse
import collections
import importlib.util
import json
import os
import re
from typing import Any

# Before JAX starts: no card is here, and its absence is no error.
os.environ['JAX_PLATFORMS'] = 'cpu'
os.environ['JAX_SKIP_CUDA_CONSTRAINTS_CHECK'] = '1'

import jax
from jax.experimental import topologies

from benchmarks.tpu import compilation, programs
from data_pipeline.errors import InputError
from instgan_jax.cli import configurations, program
from instgan_jax.models import platforms

_PLUGINS = ('jax_cuda12_plugin', 'jax_cuda13_plugin')
# NVIDIA's data sheet and CUDA's table of compute capability 9.0, as XLA's
# GpuTargetConfigProto.
_H100 = """
gpu_device_info {
  threads_per_block_limit: 1024
  threads_per_warp: 32
  shared_memory_per_block: 49152
  shared_memory_per_block_optin: 232448
  shared_memory_per_core: 233472
  threads_per_core_limit: 2048
  core_count: 132
  fpus_per_core: 128
  block_dim_limit_x: 2147483647
  block_dim_limit_y: 65535
  block_dim_limit_z: 65535
  memory_bandwidth: 3352000000000
  l2_cache_size: 52428800
  clock_rate_ghz: 1.98
  device_memory_size: 80000000000
  registers_per_core_limit: 65536
  registers_per_block_limit: 65536
  cuda_compute_capability { major: 9 }
}
platform_name: "CUDA"
dnn_version_info { major: 9 minor: 8 }
device_description_str: "NVIDIA H100 80GB HBM3"
"""


def main() -> None:
  """Parses the flags, lowers, compiles if it can, and prints a JSON line."""
  parser = argparse.ArgumentParser(
    prog='python -m benchmarks.cuda',
    description=__doc__,
    formatter_class=argparse.RawDescriptionHelpFormatter,
  )
  parser.add_argument('--config', default='cityscapes_lip')
  parser.add_argument('--batch_size', type=int, help='that of the config')
  flags, changes = parser.parse_known_args()
  if unknown := [word for word in changes if not word.startswith('--config.')]:
    raise InputError(f'unknown argument {unknown[0]!r}, see --help.')
  if flags.batch_size:
    changes.append(f'--config.batch_size={flags.batch_size}')
  config = configurations.read(flags.config, changes)
  step = programs.gan_step(config)
  lowered = lower(step, config, None)
  cost = lowered.cost_analysis()
  useful = step.work * config.batch_size
  figures: dict[str, Any] = {
    'command': ' '.join(['--config', flags.config, *changes]),
    'jax': jax.__version__,
    'gflops': round(cost['flops'] / 1e9, 1),
    'times_useful_flops': round(cost['flops'] / useful, 3),
    'gigabytes_before_fusion': round(cost['bytes accessed'] / 1e9, 3),
  }
  if any(map(importlib.util.find_spec, _PLUGINS)):
    compiled = lower(step, config, h100()).compile()
    figures['peak_gigabytes'] = round(
      compilation.peak(compiled.memory_analysis()) / 1e9, 2
    )
    figures['operations'] = operations(compiled.as_text())
  print(json.dumps(figures))


def h100() -> jax.Device:
  """An H100 as the plugin of CUDA imagines it."""
  return topologies.get_topology_desc(
    platform='cuda',
    topology_name='1x1x1',
    topology='1x1x1',
    target_config=_H100,
  ).devices[0]


def lower(step: programs.Step, config, device: jax.Device | None):
  """Lowers the update for CUDA, and for a device if it is to be compiled."""
  sharding = device and jax.sharding.SingleDeviceSharding(device)
  arguments = jax.tree.map(
    lambda leaf: programs.Shape(leaf.shape, leaf.dtype, sharding=sharding),
    (
      step.state,
      programs.batch_shapes(config, config.batch_size),
      *(() if step.frozen is None else (step.frozen,)),
    ),
  )
  with platforms.traced_for('cuda'):
    traced = jax.jit(step.of_axis(None), donate_argnums=0).trace(*arguments)
  return traced.lower(lowering_platforms=('cuda',))


def operations(text: str) -> dict[str, int]:
  """How often each kind of operation stands in a compiled program.

  Args:
    text: in HLO. cuDNN's and cuBLAS's operations have the name of their call.
  """
  calls = re.findall(r'custom_call_target="([^"]*)"', text)
  # ROOT %name = shape, or (shapes), kind(
  kinds = re.findall(
    r'^\s+(?:ROOT )?%?[\w.-]+ = (?:\([^)]*\)|[^ (]+) ([a-z-]+)\(',
    text,
    re.MULTILINE,
  )
  kept = ('convolution', 'dot', 'fusion', 'gather', 'scatter', 'sort', 'copy')
  counts = collections.Counter(kind for kind in kinds if kind in kept)
  return dict(sorted((counts + collections.Counter(calls)).items()))


if __name__ == '__main__':
  program.exit_after(main)
