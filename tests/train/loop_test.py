"""The loop: what happens at which step, and that a run continues as it was."""

import functools
import itertools
import json
import os
import re
import signal
import sys

import flax
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from instgan_jax.checkpoints import manager
from instgan_jax.runtime import devices, exits
from instgan_jax.train import loop, step_profile
from instgan_jax.train import metrics as metrics_lib


@flax.struct.dataclass
class State:
  """A sum of all that was seen."""

  step: jax.Array
  total: jax.Array


INITIAL = State(np.int32(0), np.float32(0.0))


def step(state, batch):
  mean = jax.lax.pmean(jnp.mean(batch['x']), devices.AXIS_NAME)
  total = state.total * 0.5 + mean
  return State(state.step + 1, total), {'g_loss': mean, 'd_loss': -mean}


def batches(start_step, *, at_step=lambda step: None):
  for k in itertools.count(start_step):
    at_step(k)
    yield {'x': np.arange(4, dtype=np.float32) + k}


@pytest.fixture(autouse=True)
def without_tensorboard(monkeypatch):
  monkeypatch.setitem(sys.modules, 'clu', None)


def train(workdir, num_steps=6, **changes):
  """Trains, with a checkpoint at every second step."""
  with manager.Checkpoints(workdir, keep_last=9) as checkpoints:
    run = loop.Run(
      **{
        'workdir': workdir,
        'checkpoints': checkpoints,
        'initialize': lambda: INITIAL,
        'abstract_state': INITIAL,
        'train_step': step,
        'make_batches': batches,
        'intervals': loop.Intervals(
          num_steps=num_steps,
          log_every_steps=2,
          sample_every_steps=3,
          checkpoint_every_steps=2,
        ),
        'variables_of': lambda state: {'total': state.total},
      }
      | changes
    )
    return loop.train(run)


def total_after(num_steps):
  total = 0.0
  for k in range(num_steps):
    total = total * 0.5 + (1.5 + k)
  return total


def logged(workdir):
  text = (workdir / metrics_lib.FILE).read_text()
  return [json.loads(line) for line in text.splitlines()]


def test_intervals_count_multiples_and_the_last_step():
  intervals = loop.Intervals(
    num_steps=7,
    log_every_steps=1,
    sample_every_steps=1,
    checkpoint_every_steps=1,
  )
  due = [k for k in range(1, 8) if intervals.is_due(k, 3)]
  assert due == [3, 6, 7]
  assert [k for k in range(1, 8) if intervals.is_last(k)] == [7]


def test_a_run_logs_samples_and_saves_at_its_intervals(tmp_path):
  samples = []

  def sample(variables):
    samples.append(float(variables['total']))
    return np.full((2, 3, 3), 7, np.uint8)

  state, metrics = train(tmp_path, num_steps=7, sample=sample)
  assert metrics == {}
  assert int(state.step) == 7 and float(state.total) == total_after(7)
  steps = {int(path.name) for path in (tmp_path / 'checkpoints').iterdir()}
  assert steps == {2, 4, 6, 7}
  # The mean of steps 1 and 2, whose batches have the means 1.5 and 2.5.
  assert logged(tmp_path)[0] == {'step': 2, 'g_loss': 2.0, 'd_loss': -2.0}
  assert [entry['step'] for entry in logged(tmp_path)] == [2, 4, 6, 7]
  assert samples == [total_after(k) for k in (3, 6, 7)]
  names = sorted(path.name for path in (tmp_path / 'samples').iterdir())
  assert names == ['000003.png', '000006.png', '000007.png']
  with Image.open(tmp_path / 'samples' / '000007.png') as image:
    np.testing.assert_array_equal(np.asarray(image), np.full((2, 3, 3), 7))


def test_profiled_steps_are_traced(tmp_path):
  train(tmp_path / 'run', num_steps=3, profiled_steps=range(2, 4))
  assert list((tmp_path / 'run' / step_profile.FOLDER).rglob('*.trace.json.gz'))


def test_evaluators_run_at_their_own_intervals(tmp_path):
  calls = []

  def evaluator(name, every_steps):
    def on_metrics(step, metrics, state):
      assert int(state.step) == step
      calls.append((step, metrics))

    return loop.Evaluator(
      lambda variables: {name: float(variables['total'])},
      every_steps,
      on_metrics,
    )

  _, metrics = train(
    tmp_path, num_steps=5, evaluators=(evaluator('a', 2), evaluator('b', 3))
  )
  assert calls == [
    (k, {name: total_after(k)})
    for k, name in ((2, 'a'), (3, 'b'), (4, 'a'), (5, 'a'), (5, 'b'))
  ]
  assert metrics == {'a': total_after(5), 'b': total_after(5)}
  assert {'step': 3, 'b': total_after(3)} in logged(tmp_path)


def test_a_longer_run_continues_as_if_it_had_never_ended(tmp_path, capsys):
  whole, _ = train(tmp_path / 'whole', num_steps=6)
  starts = []

  def make_batches(start_step):
    starts.append(start_step)
    return batches(start_step)

  for num_steps in (3, 6):
    state, _ = train(
      tmp_path / 'parts', num_steps=num_steps, make_batches=make_batches
    )
  assert starts == [0, 3]
  assert capsys.readouterr().out.count('Continuing after step 3.') == 1
  assert float(state.total) == float(whole.total)
  assert len(state.total.addressable_shards) == 4


def test_a_complete_run_trains_no_more_but_shows_its_results(tmp_path, capsys):
  train(tmp_path, num_steps=2)
  capsys.readouterr()

  def never(*_):
    raise AssertionError('It was trained again.')

  shown = []
  _, metrics = train(
    tmp_path,
    num_steps=2,
    initialize=never,
    make_batches=never,
    sample=lambda variables: shown.append(1) or np.zeros((2, 2, 3), np.uint8),
    evaluators=(loop.Evaluator(lambda variables: {'a': 1.0}, 5),),
    train_step=never,
  )
  assert shown == [1] and metrics == {'a': 1.0}
  said = capsys.readouterr()
  assert 'All 2 steps are done already.' in said.out
  assert 'compiling' not in said.err


@pytest.mark.parametrize(
  ('number', 'status'), [(signal.SIGTERM, 143), (signal.SIGINT, 130)]
)
def test_a_signal_saves_and_the_next_run_continues(tmp_path, number, status):
  at_step = functools.partial(
    batches,
    # Read ahead of the step that is being made.
    at_step=lambda k: os.kill(os.getpid(), number) if k == 5 else None,
  )
  with pytest.raises(
    exits.Stopped, match=rf'Stopped by {number.name} after step \d+, which is'
  ) as stopped:
    train(tmp_path, num_steps=10_000, make_batches=at_step)
  assert stopped.value.exit_status == status
  last = manager.last_step(tmp_path)
  assert f'after step {last}' in str(stopped.value)
  state, _ = train(tmp_path, num_steps=last + 1)
  assert float(state.total) == np.float32(total_after(last + 1))


def test_divergence_names_the_step_and_the_last_good_checkpoint(tmp_path):
  def diverging(start_step):
    for k, batch in enumerate(batches(start_step), start=start_step):
      yield {'x': batch['x'] * (np.nan if k == 4 else 1.0)}

  with pytest.raises(
    metrics_lib.NonFiniteError,
    match=r'g_loss.* at step 5\. The last good checkpoint is .*checkpoints/4\.',
  ):
    train(tmp_path, make_batches=diverging)
  assert manager.last_step(tmp_path) == 4
  with pytest.raises(
    metrics_lib.NonFiniteError, match='No checkpoint was written before it'
  ):
    train(
      tmp_path / 'new',
      make_batches=lambda start: ({'x': np.full(4, np.nan)} for _ in range(9)),
    )


def test_an_error_of_the_batches_ends_the_run(tmp_path):
  def broken(start_step):
    yield from itertools.islice(batches(start_step), 3)
    raise ValueError('scene 3 is broken')

  with pytest.raises(ValueError, match='scene 3 is broken'):
    train(tmp_path, make_batches=broken)
  assert manager.last_step(tmp_path) == 2


def test_the_bar_says_that_it_compiles_and_counts_the_steps_done(
  tmp_path, capfd
):
  train(tmp_path)
  bar = capfd.readouterr().err.replace('\r', '\n')
  assert re.search(r'0/6 .*compiling', bar)
  assert re.search(r'6/6 .*G 6\.000, D -6\.000', bar)
  assert 'compiling' not in bar.rpartition('6/6')[2]
