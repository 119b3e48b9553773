"""Set-up of every test: four virtual devices, no accelerator, no network."""

import os

os.environ.setdefault('JAX_PLATFORMS', 'cpu')
os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')

import jax

jax.config.update('jax_num_cpu_devices', 4)
jax.config.update('jax_numpy_rank_promotion', 'raise')
# Small programs that run once: compile them fast rather than well.
jax.config.update('jax_disable_most_optimizations', True)
