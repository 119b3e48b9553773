"""Set-up of every test: four virtual devices, no accelerator, no network."""

import gc
import importlib.metadata
import os
import pathlib

import pytest

# In the environment, so that programs that a test starts have it too.
os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('JAX_DISABLE_MOST_OPTIMIZATIONS', '1')
os.environ.setdefault('JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS', '0.3')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
if importlib.metadata.version('jaxlib').startswith('0.10.'):
  # Small programs that run once: a third of the time to compile them. XLA
  # aborts over flags that another version may not have.
  os.environ.setdefault(
    'XLA_FLAGS',
    '--xla_cpu_use_fusion_emitters=false '
    '--xla_cpu_parallel_codegen_split_count=1',
  )

import jax

gc.set_threshold(50_000, 20, 20)  # As every command does.
# Files that take a process for a minute and more.
_LONGEST = (
  'documentation_test',
  'compile_test',
  'main_test',
  'distributed_test',
  'notebook_test',
  'step_test',
  'packaging_test',
  'faults_test',
  'run_test',
)
jax.config.update('jax_num_cpu_devices', 4)
jax.config.update('jax_numpy_rank_promotion', 'raise')


def pytest_configure(config: pytest.Config) -> None:
  """One folder of compiled programs for all processes of the suite."""
  folder = config.cache.mkdir('compiled_programs')
  os.environ['INSTGAN_TEST_CACHE'] = str(folder)
  os.environ['JAX_COMPILATION_CACHE_DIR'] = str(folder)
  jax.config.update('jax_compilation_cache_dir', str(folder))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
  """Files with slow tests first: the processes end at about the same time."""
  slow = {item.path for item in items if item.get_closest_marker('slow')}
  items.sort(
    key=lambda item: (item.path.stem not in _LONGEST, item.path not in slow)
  )


@pytest.fixture(scope='session')
def compilation_cache() -> pathlib.Path:
  """The folder, for programs that a test starts."""
  return pathlib.Path(os.environ['INSTGAN_TEST_CACHE'])
