"""Time and memory of a training step, methods side by side in one run.

  python -m benchmarks.training --config configs/toy_street.py --rounds 10
  python -m benchmarks.training --config configs/cityscapes_lip.py \
    --batch_size 1 --rounds 2

Toy streets of the configuration's size feed it. The methods take turns, so
that a busy machine slows all of them alike; what counts are the ratios. A JSON
line for each method: seconds of compilation, milliseconds of a step, images a
second, and the ratio to method L.
"""

import argparse
import itertools
import json
import platform
import resource
import runpy
import statistics
import time
from collections.abc import Callable

import jax
import ml_collections

from data_pipeline import batches, order, toy_street
from instgan_jax.build import gan, methods
from instgan_jax.build import generator as build_generator
from instgan_jax.cli import program
from instgan_jax.runtime import devices


def main() -> None:
  """Parses the flags, measures and prints."""
  parser = argparse.ArgumentParser(
    description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
  )
  parser.add_argument('--config', required=True)
  parser.add_argument('--batch_size', type=int)
  parser.add_argument('--dtype', choices=sorted(build_generator.DTYPES))
  parser.add_argument('--rounds', type=int, default=10)
  flags = parser.parse_args()
  runs = {
    method: _prepare(_config(flags, method)) for method in methods.METHODS
  }
  seconds: dict[str, list[float]] = {method: [] for method in runs}
  for _, (name, (_, step)) in itertools.product(
    range(flags.rounds), runs.items()
  ):
    start = time.perf_counter()
    step()
    seconds[name].append(time.perf_counter() - start)
  for name, (compile_seconds, _) in runs.items():
    print(json.dumps(_row(flags, name, compile_seconds, seconds)), flush=True)


def _config(
  flags: argparse.Namespace, method: str
) -> ml_collections.ConfigDict:
  config = methods.with_method(_read_config(flags.config), method)
  config.batch_size = flags.batch_size or config.batch_size
  config.dtype = flags.dtype or config.dtype
  return config


def _prepare(
  config: ml_collections.ConfigDict,
) -> tuple[float, Callable[[], None]]:
  """Seconds of compilation, and a function that makes one step."""
  devices.check_batch_size(config.batch_size)
  scenes = toy_street.ToyStreet(config.batch_size, height=config.data.height)
  first_scenes = order.TrainingOrder(
    num_examples=len(scenes), batch_size=config.batch_size, seed=0
  )
  networks = gan.networks(config, axis_name=devices.AXIS_NAME)
  optimizers = gan.optimizers(config, 2975)
  run = devices.parallelize(
    gan.train_step(config, networks, optimizers, axis_name=devices.AXIS_NAME)
  )
  batch = devices.shard_for_pmap(
    next(batches.train_batches(scenes, first_scenes))
  )
  state = devices.replicate(gan.initial_state(config, networks, optimizers))

  def step() -> None:
    nonlocal state
    state, metrics = run(state, batch)
    jax.block_until_ready(metrics)

  start = time.perf_counter()
  step()
  return time.perf_counter() - start, step


def _row(
  flags: argparse.Namespace,
  name: str,
  compile_seconds: float,
  seconds: dict[str, list[float]],
) -> dict:
  median = statistics.median(seconds[name])
  batch_size = flags.batch_size or _read_config(flags.config).batch_size
  deciles = statistics.quantiles(seconds[name], n=10)
  return {
    'config': flags.config,
    'method': name,
    'batch_size': batch_size,
    'first_step_seconds': round(compile_seconds, 1),
    'step_ms_median': round(1e3 * median, 1),
    'step_ms_p10_p90': [
      round(1e3 * deciles[0], 1),
      round(1e3 * deciles[-1], 1),
    ],
    'images_per_second': round(batch_size / median, 2),
    'times_method_L': round(median / statistics.median(seconds['L']), 3),
    'peak_host_GiB_of_all': round(
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2
    ),
    'device': jax.devices()[0].device_kind,
    'num_devices': jax.device_count(),
    'jax': jax.__version__,
    'python': platform.python_version(),
  }


def _read_config(path: str) -> ml_collections.ConfigDict:
  return runpy.run_path(path)['get_config']()


if __name__ == '__main__':
  program.exit_after(main)
