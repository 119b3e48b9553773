"""The training loop: restore or start, then step, log, sample, save."""

import collections
import dataclasses
import pathlib
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np

from data_pipeline import progress
from instgan_jax.checkpoints import manager
from instgan_jax.runtime import devices, exits, interruption
from instgan_jax.train import metrics as metrics_lib
from instgan_jax.train import older_checkpoints, step_profile
from instgan_jax.train import state as state_lib
from instgan_jax.visualization import image_grid

Batch = dict[str, np.ndarray]
# Either network's train state.
State = Any
# Started before the ones before them are done, so that the device never waits.
_MAX_RUNNING_STEPS = 2


@dataclasses.dataclass(frozen=True)
class Intervals:
  """Run length and intervals, in steps.

  Attributes:
    num_steps: updates of the whole run.
    log_every_steps: scalars to metrics.jsonl and the progress bar.
    sample_every_steps: the sample grid.
    checkpoint_every_steps: the state; all that a kill can lose.
  """

  num_steps: int
  log_every_steps: int
  sample_every_steps: int
  checkpoint_every_steps: int

  def is_last(self, step: int) -> bool:
    """Whether the run ends with `step`."""
    return step == self.num_steps

  def is_due(self, step: int, every_steps: int) -> bool:
    """Whether `step` is the last one or a multiple of `every_steps`."""
    return self.is_last(step) or step % every_steps == 0


@dataclasses.dataclass(frozen=True)
class Evaluator:
  """Computes metrics of the network during the run.

  Attributes:
    run: `variables -> {name: value}`; called on the first process only.
    every_steps: and after the last step.
    on_metrics: called with (step, metrics, state) on every process.
  """

  run: Callable[[Any], dict[str, float]]
  every_steps: int
  on_metrics: Callable[..., None] = lambda step, metrics, state: None


@dataclasses.dataclass(frozen=True)
class Run:
  """What is trained.

  Attributes:
    workdir: where logs and sample grids go.
    checkpoints: open on the same folder.
    initialize: makes the state to start from, where nothing is saved yet.
    abstract_state: its shapes and types.
    train_step: `(state, batch) -> (state, metrics)`, pure and not pmapped.
    make_batches: start step -> this process's batches from it on.
    intervals: run length and intervals.
    frozen: the third argument of a `train_step` that has one: weights that are
      not trained.
    sample: `variables -> uint8 [H, W, 3]`, the sample grid; None for none.
    evaluators: compute metrics.
    variables_of: state -> variables for `sample` and evaluators.
    profiled_steps: are traced, see `step_profile`.
    progress_metrics: metrics beside the progress bar, and their names there.
  """

  workdir: pathlib.Path
  checkpoints: manager.Checkpoints
  initialize: Callable[[], State]
  abstract_state: State
  train_step: Callable[..., tuple[State, dict[str, jax.Array]]]
  make_batches: Callable[[int], Iterator[Batch]]
  intervals: Intervals
  frozen: Any = None
  sample: Callable[[Any], np.ndarray] | None = None
  evaluators: tuple[Evaluator, ...] = ()
  variables_of: Callable[[State], Any] = state_lib.generator_variables
  profiled_steps: range = range(0)
  progress_metrics: tuple[tuple[str, str], ...] = (
    ('g_loss', 'G'),
    ('d_loss', 'D'),
  )


def train(run: Run) -> tuple[State, dict[str, float]]:
  """Trains until the last step, from the latest checkpoint if there is one.

  The state after the last step is the same, bit for bit on a CPU, however
  often the run was stopped and continued.

  Returns:
    The final state and the last metrics of the evaluators.

  Raises:
    exits.Stopped: after SIGTERM or Ctrl-C, once the state is saved.
    NonFiniteError: when a loss or gradient is NaN or infinite.
    InputError: for wrong scenes, or when the disk is full.
  """
  state = _start(run)
  step, intervals = int(state.step), run.intervals
  reporter = _Reporter(run, step)
  has_frozen = run.frozen is not None
  parallel_step = devices.parallelize(run.train_step, has_frozen=has_frozen)
  frozen = (devices.replicate(run.frozen),) * has_frozen
  is_complete = step >= intervals.num_steps
  batches = devices.prefetch(
    iter(()) if is_complete else run.make_batches(step)
  )
  profile = step_profile.StepProfile(run.workdir, run.profiled_steps)
  try:
    with reporter.bar, profile, interruption.Interruption() as stop:
      if is_complete:
        reporter.sample(step, state)
        reporter.evaluate(step, state, run.evaluators)
      while step < intervals.num_steps:
        profile.before(step + 1)
        state, metrics = parallel_step(state, next(batches), *frozen)
        step += 1
        profile.after(step, metrics)
        reporter.add(step, metrics)
        is_stopping = stop.requested(step)
        is_saving = is_stopping or intervals.is_due(
          step, intervals.checkpoint_every_steps
        )
        if is_saving or intervals.is_due(step, intervals.log_every_steps):
          reporter.log(step)
        if is_saving:
          run.checkpoints.save(step, devices.to_global(state))
        if is_stopping and not intervals.is_last(step):
          run.checkpoints.wait()
          raise exits.Stopped(
            f'Stopped by {stop.signal_name} after step {step}, which is '
            f'saved in {run.checkpoints.folder / str(step)}. The same command '
            'continues.',
            stop.exit_status,
          )
        if intervals.is_due(step, intervals.sample_every_steps):
          reporter.sample(step, state)
        due = [
          evaluator
          for evaluator in run.evaluators
          if intervals.is_due(step, evaluator.every_steps)
        ]
        reporter.evaluate(step, state, due)
    run.checkpoints.wait()
  finally:
    batches.close()
    reporter.close()
  return state, reporter.evaluated


class _Reporter:
  """Curves, sample grids, metrics and the progress bar of a run.

  Attributes:
    bar: the progress bar, a context manager.
    evaluated: the last metrics of the evaluators.
  """

  def __init__(self, run: Run, step: int):
    self._run = run
    self._writer = metrics_lib.MetricsWriter(run.workdir, start_step=step)
    self._since_log = metrics_lib.StepMetrics()
    self._is_first_process = jax.process_index() == 0
    self._running: collections.deque[dict[str, jax.Array]] = collections.deque()
    self._is_compiled = False
    self.evaluated: dict[str, float] = {}
    self.bar = progress.compiling_bar(
      total=run.intervals.num_steps,
      initial=step,
      desc='Training',
      unit='step',
      disable=not self._is_first_process,
    )

  def add(self, step: int, metrics: dict[str, jax.Array]) -> None:
    """Takes the metrics of a step that was started.

    The bar counts the steps that are done. The first one, which compiles, is
    no part of its rate.
    """
    self._since_log.add(step, metrics)
    self._running.append(metrics)
    if not self._is_compiled:
      jax.block_until_ready(metrics)
      progress.end_compiling(self.bar)
      self._is_compiled = True
    self._finish_steps(_MAX_RUNNING_STEPS)

  def _finish_steps(self, num_left: int) -> None:
    """Waits until at most so many steps are running."""
    while len(self._running) > num_left:
      jax.block_until_ready(self._running.popleft())
      self.bar.update()

  def log(self, step: int) -> None:
    """Writes the means since the last call; raises if they diverged."""
    checkpoints = self._run.checkpoints
    latest = checkpoints.latest_step()
    advice = (
      'No checkpoint was written before it.'
      if latest is None
      else f'The last good checkpoint is {checkpoints.folder / str(latest)}.'
    )
    self._finish_steps(0)
    values = self._since_log.report(
      f'{advice} Lower the learning rates, or use float32 if this was bfloat16.'
    )
    self._writer.write(step, values)
    self.bar.set_postfix_str(
      ', '.join(
        f'{name} {values[key]:.3f}' for key, name in self._run.progress_metrics
      ),
      refresh=False,
    )

  def sample(self, step: int, state: State) -> None:
    """Writes the sample grid."""
    if self._run.sample is None or not self._is_first_process:
      return
    grid = self._run.sample(devices.on_one(self._run.variables_of(state)))
    path = self._run.workdir / 'samples' / f'{step:06d}.png'
    image_grid.save_png(path, grid)
    self._writer.write_image(step, 'samples', grid)

  def evaluate(self, step: int, state: State, evaluators) -> None:
    """Computes and writes metrics, on the first process."""
    for evaluator in evaluators:
      metrics: dict[str, float] = {}
      if self._is_first_process:
        variables = devices.on_one(self._run.variables_of(state))
        metrics = evaluator.run(variables)
        self._writer.write(step, metrics)
      evaluator.on_metrics(step, metrics, state)
      self.evaluated.update(metrics)

  def close(self) -> None:
    """Flushes and closes the curves."""
    self._writer.close()


def _start(run: Run) -> State:
  """The latest checkpoint's state, or a fresh one, on all local devices."""
  if run.checkpoints.latest_step() is None:
    return devices.replicate(run.initialize())
  sharding = devices.global_sharding()
  abstract = jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(
      leaf.shape, leaf.dtype, sharding=sharding
    ),
    older_checkpoints.as_saved(run.abstract_state, run.checkpoints),
  )
  state = devices.to_local(run.checkpoints.restore(abstract))
  state = older_checkpoints.completed(state, run.abstract_state)
  if jax.process_index() == 0:
    step, num_steps = int(state.step), run.intervals.num_steps
    if step < num_steps:
      print(f'Continuing after step {step}.', flush=True)
    else:
      print(f'All {num_steps} steps are done already.', flush=True)
  return state
