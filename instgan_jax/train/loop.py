"""The training loop: restore or start, then step, log, draw, save."""

import dataclasses
import logging
import pathlib
import types
from collections.abc import Callable, Iterator, Mapping

import jax
import numpy as np
import tqdm

from instgan_jax.checkpoints import manager
from instgan_jax.runtime import devices, exits, interruption
from instgan_jax.train import metrics as metrics_lib
from instgan_jax.train import state as state_lib
from instgan_jax.visualization import image_grid

Batch = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Cadence:
  """How long the run is and how often it does what.

  Attributes:
    num_steps: updates of the whole run.
    log_every_steps: scalars to metrics.jsonl and the bar.
    sample_every_steps: the sample sheet.
    checkpoint_every_steps: the state; all that a kill can lose.
  """

  num_steps: int
  log_every_steps: int
  sample_every_steps: int
  checkpoint_every_steps: int


@dataclasses.dataclass(frozen=True)
class Samples:
  """What to draw for the eye.

  Attributes:
    batch: the scenes, [N, ...].
    draw: `(variables, batch, seed) -> uint8 [N, H, W, 3]`.
    num_draws: drawings of each scene, with seeds 0, 1, ...
  """

  batch: Batch
  draw: Callable[..., np.ndarray]
  num_draws: int


@dataclasses.dataclass(frozen=True)
class Evaluator:
  """Figures of the generator during the run.

  Attributes:
    run: `variables -> {name: value}`; called on the first process only.
    every_steps: and after the last step.
    on_figures: called with (step, figures, state) on every process.
  """

  run: Callable[..., dict[str, float]]
  every_steps: int
  on_figures: Callable[..., None] = lambda step, figures, state: None


def train(
  *,
  workdir: pathlib.Path,
  checkpoints: manager.Checkpoints,
  initialize: Callable[[], state_lib.GanState],
  abstract_state: state_lib.GanState,
  train_step: Callable,
  make_batches: Callable[[int], Iterator[Batch]],
  cadence: Cadence,
  samples: Samples | None = None,
  evaluators: tuple[Evaluator, ...] = (),
  variables_of: Callable = state_lib.generator_variables,
  shown: Mapping[str, str] = types.MappingProxyType(
    {'g_loss': 'G', 'd_loss': 'D'}
  ),
) -> tuple[state_lib.GanState, dict[str, float]]:
  """Runs until `cadence.num_steps`, from the latest checkpoint if there is one.

  The state after the last step is the same, bit for bit on a CPU, however
  often the run was stopped and continued.

  Args:
    workdir: where logs and pictures go.
    checkpoints: open on the same folder.
    initialize: makes the state to start from, where nothing is saved yet.
    abstract_state: its shapes and types.
    train_step: pure and not pmapped.
    make_batches: start step -> this process's batches from it on.
    cadence: how long and how often.
    samples: pictures to draw; None for none.
    evaluators: figures to compute.
    variables_of: state -> what draws and what evaluators take.
    shown: metrics beside the bar, and their names there.

  Returns:
    The final state and the last figures of the evaluators.

  Raises:
    exits.Stopped: after SIGTERM or Ctrl-C, once the state is saved.
    NonFiniteError: when a loss or gradient is NaN or infinite.
    InputError: for wrong scenes, or when the disk is full.
  """
  state = _start(checkpoints, initialize, abstract_state)
  step = int(state.step)
  writer = metrics_lib.MetricsWriter(workdir, start_step=step)
  figures = {}

  def show(state) -> None:
    if samples and not jax.process_index():
      variables = _on_one_device(variables_of(state))
      _show(workdir, writer, step, variables, samples)

  def measure(state, chosen) -> None:
    for evaluator in chosen:
      found = {}
      if not jax.process_index():
        found = evaluator.run(_on_one_device(variables_of(state)))
        writer.write(step, found)
      evaluator.on_figures(step, found, state)
      figures.update(found)

  run = devices.parallelize(train_step)
  since_report = metrics_lib.StepMetrics()
  batches = devices.prefetch(make_batches(step))
  bar = tqdm.tqdm(
    total=cadence.num_steps,
    initial=step,
    desc='Training',
    unit='step',
    disable=jax.process_index() > 0,
    mininterval=1.0,
  )
  try:
    with bar, interruption.Interruption() as stop:
      if step >= cadence.num_steps:
        show(state)
        measure(state, evaluators)
      while step < cadence.num_steps:
        state, metrics = run(state, next(batches))
        step += 1
        since_report.add(step, metrics)
        bar.update()
        last = step == cadence.num_steps
        stopping = stop.requested(step)
        saving = last or stopping or step % cadence.checkpoint_every_steps == 0
        if saving or step % cadence.log_every_steps == 0:
          _report(since_report, step, writer, bar, checkpoints, shown)
        if saving:
          checkpoints.save(step, devices.to_global(state))
        if stopping and not last:
          checkpoints.wait()
          raise exits.Stopped(
            f'Stopped by {stop.signal_name} after step {step}, which is '
            f'saved in {checkpoints.folder / str(step)}. The same command '
            'continues.',
            stop.exit_status,
          )
        if last or step % cadence.sample_every_steps == 0:
          show(state)
        measure(
          state,
          [e for e in evaluators if last or step % e.every_steps == 0],
        )
    checkpoints.wait()
  finally:
    batches.close()
    writer.close()
  return state, figures


def _start(checkpoints, initialize, abstract_state) -> state_lib.GanState:
  """The latest checkpoint's state, or a fresh one, on all local devices."""
  if checkpoints.latest_step() is None:
    return devices.replicate(initialize())
  sharding = devices.global_sharding()
  abstract = jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(
      leaf.shape, leaf.dtype, sharding=sharding
    ),
    abstract_state,
  )
  state = devices.to_local(checkpoints.restore(abstract))
  logging.info('Continuing after step %d.', int(state.step))
  return state


def _report(since_report, step, writer, bar, checkpoints, shown) -> None:
  latest = checkpoints.latest_step()
  advice = (
    'No checkpoint was written before it.'
    if latest is None
    else f'The last good checkpoint is {checkpoints.folder / str(latest)}.'
  )
  values = since_report.report(
    f'{advice} Lower the learning rates, or use float32 if this was bfloat16.'
  )
  writer.write(step, values)
  bar.set_postfix_str(
    ', '.join(f'{name} {values[key]:.3f}' for key, name in shown.items())
  )


def _show(workdir, writer, step: int, variables, samples: Samples) -> None:
  """Writes the sample sheet of a step."""
  sheet = image_grid.sample_grid(
    label_maps=samples.batch['label_map'],
    instance_maps=samples.batch['instance_map'],
    images=samples.batch['image'],
    draws=[
      samples.draw(variables, samples.batch, seed)
      for seed in range(samples.num_draws)
    ],
  )
  image_grid.save_png(workdir / 'samples' / f'{step:06d}.png', sheet)
  writer.write_image(step, 'samples', sheet)


def _on_one_device(variables):
  """Replicated variables on this process's first device."""
  return jax.tree.map(lambda leaf: leaf.addressable_data(0), variables)
