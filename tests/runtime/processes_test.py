"""How a process learns of the others of its run."""

import jax
import pytest

from data_pipeline.errors import InputError
from instgan_jax.runtime import processes

VARIABLES = (
  'SLURM_STEP_NUM_TASKS',
  'OMPI_COMM_WORLD_SIZE',
  'TPU_WORKER_HOSTNAMES',
)


@pytest.fixture
def calls(monkeypatch):
  """The calls of jax.distributed.initialize, in a bare environment."""
  for name in VARIABLES:
    monkeypatch.delenv(name, raising=False)
  calls = []
  monkeypatch.setattr(
    jax.distributed, 'initialize', lambda *args: calls.append(args)
  )
  return calls


def test_a_process_by_itself_joins_nobody(calls):
  processes.join()
  assert calls == []


@pytest.mark.parametrize(
  ('name', 'alone', 'together'),
  [
    ('SLURM_STEP_NUM_TASKS', '1', '4'),
    ('OMPI_COMM_WORLD_SIZE', '1', '2'),
    ('TPU_WORKER_HOSTNAMES', 'localhost', 'host0,host1'),
  ],
)
def test_launchers_describe_themselves(
  calls, monkeypatch, name, alone, together
):
  monkeypatch.setenv(name, alone)
  processes.join()
  assert calls == []
  monkeypatch.setenv(name, together)
  processes.join()
  assert calls == [()]


def test_three_flags_are_passed_on(calls):
  processes.join(coordinator_address='host:1234', num_processes=2, process_id=0)
  assert calls == [('host:1234', 2, 0)]


@pytest.mark.parametrize(
  'given',
  [
    {'coordinator_address': 'host:1234'},
    {'num_processes': 2, 'process_id': 0},
    {'process_id': 0},
  ],
)
def test_some_of_the_flags_are_refused(calls, given):
  with pytest.raises(InputError, match='--process_id belong together.*none'):
    processes.join(**given)
  assert calls == []


@pytest.mark.parametrize('process_id', [-1, 2])
def test_a_process_that_is_not_one_of_them_is_refused(calls, process_id):
  with pytest.raises(InputError, match=f'is {process_id}, expected 0 to 1 for'):
    processes.join(
      coordinator_address='host:1234', num_processes=2, process_id=process_id
    )
  assert calls == []
