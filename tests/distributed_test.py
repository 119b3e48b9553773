"""Two processes over `jax.distributed` on this machine are one run."""

import contextlib
import signal
import socket

import jax
import numpy as np
import pytest

from instgan_jax.checkpoints import weights_folder
from tests import programs

pytestmark = [pytest.mark.slow, pytest.mark.user]


def start_two(cache, workdir, **changes):
  with contextlib.closing(socket.socket()) as probe:
    probe.bind(('127.0.0.1', 0))
    port = probe.getsockname()[1]
  flags = [f'--coordinator_address=127.0.0.1:{port}', '--num_processes=2']
  return [
    programs.start(cache, workdir, *flags, f'--process_id={i}', **changes)
    for i in range(2)
  ]


def gradient_sizes(workdir, step):
  """|gradient| of every parameter at the first step, from Adam's moments."""
  tree = weights_folder.restore(workdir / 'checkpoints' / str(step))
  return jax.tree.map(
    np.sqrt, [tree[side][0]['nu'] for side in ('g_opt_state', 'd_opt_state')]
  )


def test_two_processes_stop_together_continue_and_give_what_one_gives(
  compilation_cache, tmp_path
):
  cache = compilation_cache
  changes = {
    'num_steps': 6,
    'log_every_steps': 1,
    'sample_every_steps': 6,
    'checkpoint_every_steps': 1,
    'keep_every_steps': 1,
    # Adam's first update is the sign of the gradient, where rounding decides
    # about the smallest ones: keep them from moving the second step.
    'g_learning_rate': 1e-6,
    'd_learning_rate': 1e-6,
  }
  alone, together = tmp_path / 'alone', tmp_path / 'together'

  processes = start_two(cache, together, **changes)
  programs.wait_for(lambda: programs.metrics(together), processes[0])
  processes[1].send_signal(signal.SIGTERM)
  ends = [programs.finish(process) for process in processes]
  assert [status for status, _, _ in ends] == [128 + signal.SIGTERM] * 2, ends
  saved = max(int(p.name) for p in (together / 'checkpoints').iterdir())
  for _, _, err in ends:
    assert f'Stopped by SIGTERM after step {saved}' in err

  ends = [programs.finish(p) for p in start_two(cache, together, **changes)]
  assert [status for status, _, _ in ends] == [0, 0], ends[0][2] + ends[1][2]
  # The first process alone prints and samples.
  assert 'Open ' in ends[0][1] and 'Training' in ends[0][2]
  assert 'Open ' not in ends[1][1] and 'Training' not in ends[1][2]

  status, _, err = programs.finish(programs.start(cache, alone, **changes))
  assert status == 0, err
  for one, two in zip(
    programs.metrics(alone), programs.metrics(together), strict=True
  ):
    assert one['step'] == two['step']
    for key in ('g_loss', 'd_loss'):
      np.testing.assert_allclose(two[key], one[key], rtol=5e-3)
    if one['step'] <= 2:  # Later ones have the rounding of all before.
      np.testing.assert_allclose(
        two['g_grad_norm'], one['g_grad_norm'], rtol=0.02
      )
  # Rounding decides about the sign of values at the bend of a ReLU, and so
  # about single numbers of a gradient: only their whole is the same.
  for a, b in zip(
    jax.tree.leaves(gradient_sizes(alone, 1)),
    jax.tree.leaves(gradient_sizes(together, 1)),
    strict=True,
  ):
    assert np.linalg.norm(b - a) <= 0.05 * np.linalg.norm(a) + 1e-4
