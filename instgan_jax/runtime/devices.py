"""Data-parallel execution on the devices; the only module that uses `pmap`.

The train state has no device axis: it is replicated over the devices of this
process, goes through `pmap` as it is and comes back as it is. Batches get
their device axis here, and random numbers depend on the example, not on the
device, so that any number of devices makes the same update.
"""

import functools
import queue
import threading
from collections.abc import Callable, Iterator, Sequence

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from data_pipeline.errors import InputError

AXIS_NAME = 'devices'


def parallelize(
  step: Callable,
  chips: Sequence[jax.Device] | None = None,
  *,
  has_frozen: bool = False,
) -> Callable:
  """`step(state, batch) -> (state, metrics)` over all devices of all hosts.

  The state is donated. The step itself averages over `AXIS_NAME`; nothing
  here notices when it forgets to (see tests/runtime/devices_test.py).

  Args:
    step: the update.
    chips: other devices than those that are here, to compile for them.
    has_frozen: whether a third argument holds weights that do not change. As
      constants of the program they would be in every file of it.
  """
  return _parallelized(step, chips and tuple(chips), has_frozen)


@functools.lru_cache(maxsize=2)  # Equal steps are traced and compiled once.
def _parallelized(
  step: Callable, chips: tuple[jax.Device, ...] | None, has_frozen: bool
) -> Callable:
  return jax.pmap(
    step,
    axis_name=AXIS_NAME,
    in_axes=(None, 0) + (None,) * has_frozen,
    out_axes=(None, None),
    donate_argnums=0,
    devices=chips,
  )


def compile_fast() -> None:
  """From here on, the TPU's compiler spends as little time as it can."""
  jax.config.update('jax_exec_time_optimization_effort', -1.0)


def replicate(tree):
  """Puts a host tree on every device of this process, without a new axis."""
  return jax.device_put(tree, NamedSharding(_local_mesh(), PartitionSpec()))


def shard_for_pmap(batch: dict[str, np.ndarray]) -> dict[str, jax.Array]:
  """Splits a host's batch [B, ...] over its devices: [D, B / D, ...]."""
  num_devices = jax.local_device_count()
  sharding = NamedSharding(_local_mesh(), PartitionSpec(AXIS_NAME))
  return {
    key: jax.device_put(
      value.reshape(num_devices, -1, *value.shape[1:]), sharding
    )
    for key, value in batch.items()
  }


def shard_for_jit(batch: dict[str, np.ndarray]) -> dict[str, jax.Array]:
  """Splits a batch over this process's devices, without a new axis.

  For programs under `jax.jit` that treat every row alike. A batch that does
  not divide evenly is filled up with copies of its last row.
  """
  rows = len(next(iter(batch.values())))
  missing = -rows % jax.local_device_count()
  sharding = NamedSharding(_local_mesh(), PartitionSpec(AXIS_NAME))
  return {
    key: jax.device_put(_padded(value, missing), sharding)
    for key, value in batch.items()
  }


def map_rows(
  function: Callable[..., jax.Array],
  batch: dict[str, np.ndarray],
  *,
  num_rows: int,
) -> np.ndarray:
  """Applies a program under `jax.jit` to a batch, `num_rows` rows at a time.

  The program is compiled for one shape, and a row's result does not depend, to
  the bit, on the rows that it is computed with.

  Args:
    function: takes the batch's entries, [num_rows, ...] each (more where the
      devices do not divide it), as keyword arguments; treats rows alike.
    batch: entries [B, ...] with B of at least 1.
    num_rows: at least 1.

  Returns:
    The results, [B, ...].
  """
  total = len(next(iter(batch.values())))
  results = []
  for start in range(0, total, num_rows):
    rows = {k: v[start : start + num_rows] for k, v in batch.items()}
    missing = max(0, start + num_rows - total)
    rows = {key: _padded(value, missing) for key, value in rows.items()}
    result = function(**shard_for_jit(rows))
    results.append(np.asarray(result)[: num_rows - missing])
  return np.concatenate(results)


def check_batch_size(
  batch_size: int, flag: str = '--config.batch_size'
) -> None:
  """Raises InputError unless `batch_size` splits evenly over all devices.

  Args:
    batch_size: of all of them together.
    flag: that sets it, for the message.
  """
  if batch_size < 1 or batch_size % jax.device_count():
    raise InputError(
      f'batch_size {batch_size} cannot be split evenly over '
      f'{jax.device_count()} devices ({jax.process_count()} processes x '
      f'{jax.local_device_count()}): choose a multiple, for example '
      f'{flag}='
      f'{max(1, round(batch_size / jax.device_count())) * jax.device_count()}.'
    )


def on_one(tree):
  """A replicated tree on this process's first device, without a copy."""
  return jax.tree.map(lambda leaf: leaf.addressable_data(0), tree)


def to_global(tree):
  """The replicated local state as Orbax saves it: arrays over all hosts.

  Those of one host are on one device: of replicas Orbax saves a part each, for
  which it compiles a program for every shape and device.
  """
  if jax.process_count() == 1:
    return on_one(tree)
  return multihost_utils.host_local_array_to_global_array(
    tree, _global_mesh(), PartitionSpec()
  )


def to_local(tree):
  """A restored state as arrays of this process."""
  if jax.process_count() == 1:
    return tree
  return multihost_utils.global_array_to_host_local_array(
    tree, _global_mesh(), PartitionSpec()
  )


def agreed(decision: bool) -> bool:
  """What the first process decided, on all of them."""
  if jax.process_count() == 1:
    return decision
  return bool(multihost_utils.broadcast_one_to_all(np.asarray(decision)))


def global_sharding() -> NamedSharding:
  """Replicated over every device of every process."""
  mesh = _local_mesh() if jax.process_count() == 1 else _global_mesh()
  return NamedSharding(mesh, PartitionSpec())


def prefetch(
  batches: Iterator[dict[str, np.ndarray]], *, depth: int = 2
) -> Iterator[dict[str, jax.Array]]:
  """Shards batches in a thread, `depth` ahead, so that copies hide.

  An exception of `batches` is raised here, at its position in the sequence.
  """
  ready: queue.Queue = queue.Queue(maxsize=depth)
  stopped = threading.Event()
  end = object()

  def put(item) -> None:
    while not stopped.is_set():
      try:
        return ready.put(item, timeout=0.1)
      except queue.Full:
        continue

  def fill() -> None:
    try:
      for batch in batches:
        put((shard_for_pmap(batch), None))
        if stopped.is_set():
          return
      put((end, None))
    except Exception as error:  # Raised again by the consumer.
      put((end, error))

  thread = threading.Thread(target=fill, name='prefetch', daemon=True)
  thread.start()
  try:
    while True:
      batch, error = ready.get()
      if error is not None:
        raise error
      if batch is end:
        return
      yield batch
  finally:
    stopped.set()
    thread.join()


def _padded(value: np.ndarray, num_rows: int) -> np.ndarray:
  """`value` with `num_rows` copies of its last row behind it."""
  return np.concatenate([value, np.repeat(value[-1:], num_rows, axis=0)])


def _local_mesh() -> Mesh:
  return Mesh(np.array(jax.local_devices()), (AXIS_NAME,))


def _global_mesh() -> Mesh:
  return Mesh(np.array(jax.devices()), (AXIS_NAME,))
