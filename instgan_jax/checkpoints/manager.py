"""The checkpoints of a training run: Orbax folders in `WORKDIR/checkpoints`.

Synopsis:

  with manager.Checkpoints(workdir, keep_last=3) as checkpoints:
    state = checkpoints.restore(abstract_state)
    checkpoints.save(step, state)  # Returns at once; written in a thread.

A checkpoint appears under its name when it is complete, so that a run killed
while it writes one continues from the one before.
"""

import errno
import os
import pathlib
from typing import Any

import jax
import orbax.checkpoint as ocp

from data_pipeline.errors import InputError
from instgan_jax.checkpoints import checksums, tree, unreadable_checkpoint
from instgan_jax.runtime import disk_space

FOLDER = 'checkpoints'


class Checkpoints:
  """The checkpoints of one working folder, written asynchronously."""

  def __init__(
    self,
    workdir: str | os.PathLike,
    *,
    keep_last: int = 3,
    keep_every_steps: int = 0,
  ):
    """Opens `workdir`, which is made if it is missing.

    Args:
      workdir: the run's folder.
      keep_last: how many of the latest checkpoints stay.
      keep_every_steps: checkpoints at multiples of it stay for good; 0: none.
    """
    policies = [ocp.checkpoint_managers.LatestN(keep_last)]
    if keep_every_steps:
      policies.append(ocp.checkpoint_managers.EveryNSteps(keep_every_steps))
    self.folder = pathlib.Path(workdir).absolute() / FOLDER
    self._last_saved: int | None = None
    self._manager = ocp.CheckpointManager(
      self.folder,
      # Lets a fresh manager read what an older checkpoint holds.
      item_handlers=ocp.StandardCheckpointHandler(),
      options=ocp.CheckpointManagerOptions(
        create=True,
        cleanup_tmp_directories=True,
        preservation_policy=ocp.checkpoint_managers.AnyPreservationPolicy(
          policies
        ),
        save_decision_policy=ocp.checkpoint_managers.FixedIntervalPolicy(1),
        async_options=ocp.AsyncOptions(
          post_finalization_callback=self._write_checksums
        ),
      ),
    )

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.close()

  def save(self, step: int, state: Any) -> None:
    """Starts writing `state`, arrays over all hosts, as checkpoint `step`.

    Raises:
      InputError: if this or an earlier save found no space left.
      RuntimeError: if the checkpoint was refused.
    """
    if step == self.latest_step():
      return
    disk_space.check(
      self.folder,
      disk_space.size(state),
      f'No space left while writing a checkpoint to {self.folder}. The run is '
      'safe up to the last complete one.',
    )
    self._last_saved = step
    try:
      saved = self._manager.save(step, args=ocp.args.StandardSave(state))
    except Exception as error:
      _raise_if_disk_full(error, self.folder)
      raise
    if not saved:
      raise RuntimeError(f'Orbax refused to save step {step}: {self.folder}.')

  def restore(self, abstract_state: Any) -> Any:
    """The latest state, in the shapes, types and shardings of `abstract_state`.

    Raises:
      InputError: if the checkpoint is damaged or holds other parameters.
    """
    step = self.latest_step()
    try:
      checksums.check(self.folder / str(step))
      return self._restore(step, abstract_state)
    except InputError:
      raise
    except Exception as error:  # Of any kind, from the depths of Orbax.
      raise InputError(
        f'The checkpoint {self.folder / str(step)} cannot be read '
        f'({unreadable_checkpoint.reason(error)}). It may be damaged: remove '
        'this folder, and the run continues from the checkpoint before it.'
      ) from error

  def lacks(self, path: str) -> bool:
    """Whether the latest checkpoint has nothing below 'a/b'.

    False of a damaged one, of which `restore` says what is wrong.
    """
    try:
      saved = tree.by_path(self._manager.item_metadata(self.latest_step()).tree)
    except Exception:  # Of any kind, from the depths of Orbax.
      return False
    return not any(name.startswith(f'{path}/') for name in saved)

  def _restore(self, step: int | None, abstract_state: Any) -> Any:
    saved = tree.by_path(self._manager.item_metadata(step).tree)
    if wrong := tree.differences(saved, tree.by_path(abstract_state)):
      raise InputError(
        f'The checkpoint {self.folder / str(step)} does not hold the state '
        'that this configuration describes:\n  ' + '\n  '.join(wrong)
      )
    return self._manager.restore(
      step, args=ocp.args.StandardRestore(abstract_state)
    )

  def _write_checksums(self) -> None:
    """Called in Orbax's thread before a checkpoint gets its name."""
    if jax.process_index() == 0:
      for folder in self.folder.glob(f'{self._last_saved}.*tmp*'):
        checksums.write(folder)

  def latest_step(self) -> int | None:
    """The step of the latest complete checkpoint."""
    return self._manager.latest_step()

  def wait(self) -> None:
    """Returns when everything saved is on disk; raises what went wrong."""
    try:
      self._manager.wait_until_finished()
      self._manager.check_for_errors()
    except Exception as error:
      _raise_if_disk_full(error, self.folder)
      raise

  def close(self) -> None:
    """Waits for pending writes and releases the threads."""
    self._manager.close()


def last_step(workdir: str | os.PathLike) -> int | None:
  """The latest step that is complete in a workdir; None where there is none."""
  return max(saved_steps(workdir), default=None)


def saved_steps(workdir: str | os.PathLike) -> list[int]:
  """The steps that are complete in a workdir, the first one first."""
  folder = pathlib.Path(workdir) / FOLDER
  if not folder.is_dir():
    return []
  return sorted(int(p.name) for p in folder.iterdir() if p.name.isdigit())


def is_disk_full(error: BaseException) -> bool:
  """Whether an error, or one that it comes from, is of a full disk."""
  cause: BaseException | None = error
  while cause is not None:
    full = isinstance(cause, OSError) and cause.errno == errno.ENOSPC
    if full or 'No space left' in str(cause):
      return True
    cause = cause.__cause__ or cause.__context__
  return False


def _raise_if_disk_full(error: BaseException, folder: pathlib.Path) -> None:
  if is_disk_full(error):
    raise InputError(
      f'No space left while writing a checkpoint to {folder}. The run is '
      'safe up to the last complete one: free some space and give the same '
      'command again.'
    ) from error
