"""Several processes as one run: TPU pods, Slurm, Open MPI, or by flags."""

import os

import jax

from data_pipeline.errors import InputError


def join(
  *,
  coordinator_address: str | None = None,
  num_processes: int | None = None,
  process_id: int | None = None,
) -> None:
  """Connects this process to the others before any device is touched.

  With no argument it does what the environment says: a TPU pod, Slurm and
  Open MPI describe themselves to `jax.distributed`, anything else is a run of
  one process.

  Args:
    coordinator_address: HOST:PORT of process 0.
    num_processes: how many there are.
    process_id: which one this is, from 0.

  Raises:
    InputError: if only some of the three are given, or they disagree.
  """
  given = (coordinator_address, num_processes, process_id)
  if given == (None, None, None):
    if _launched_with_others():
      jax.distributed.initialize()
    return
  if coordinator_address is None or num_processes is None or process_id is None:
    raise InputError(
      'The flags --coordinator_address, --num_processes and --process_id '
      f'belong together, got {list(given)}: give all three or none.'
    )
  if not 0 <= process_id < num_processes:
    raise InputError(
      f'--process_id is {process_id}, expected 0 to {num_processes - 1} for '
      f'--num_processes={num_processes}.'
    )
  jax.distributed.initialize(coordinator_address, num_processes, process_id)


def _launched_with_others() -> bool:
  counts = (
    os.environ.get('SLURM_STEP_NUM_TASKS', '1'),
    os.environ.get('OMPI_COMM_WORLD_SIZE', '1'),
    str(len(os.environ.get('TPU_WORKER_HOSTNAMES', 'localhost').split(','))),
  )
  return any(count != '1' for count in counts)
