"""Checkpoints: Orbax folders in `WORKDIR/checkpoints`, `config.json` beside.

Synopsis:

  with checkpoint.Checkpoints(workdir, keep_last=3) as checkpoints:
    state = checkpoints.restore(abstract_state) or state
    checkpoints.save(step, state)  # Returns at once; written in a thread.

A checkpoint appears under its name when it is complete, so that a run killed
while it writes one continues from the one before.
"""

import copy
import errno
import json
import os
import pathlib
import shutil
from collections.abc import Collection, Mapping
from typing import Any

import jax
import ml_collections
import orbax.checkpoint as ocp
from flax import traverse_util

from data_pipeline.errors import InputError

Tree = Any
CONFIG_FILE = 'config.json'
WEIGHTS_FILE = 'weights.json'  # Beside imported weights.
FOLDER = 'checkpoints'
# What a resumed run may change: none of it touches the result.
FREE_KEYS = (
  'data.path',
  'data.num_threads',
  'log_every_steps',
  'sample_every_steps',
  'sample_scenes',
  'num_measured_scenes',
  'checkpoint_every_steps',
  'keep_checkpoints',
  'keep_every_steps',
  'eval.metrics',
  'eval.every_steps',
  'eval.num_scenes',
  'eval.best',
  'eval.inception',
  'eval.segmenter',
)


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
      ),
    )

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.close()

  def save(self, step: int, state: Tree) -> None:
    """Starts writing `state`, arrays over all hosts, as checkpoint `step`.

    Raises:
      InputError: if this or an earlier save found no space left.
      RuntimeError: if the checkpoint was refused.
    """
    if step == self.latest_step():
      return
    try:
      saved = self._manager.save(step, args=ocp.args.StandardSave(state))
    except Exception as error:
      _raise_if_disk_full(error, self.folder)
      raise
    if not saved:
      raise RuntimeError(f'Orbax refused to save step {step}: {self.folder}.')

  def restore(self, abstract_state: Tree) -> Tree:
    """The latest state, in the shapes, types and places of `abstract_state`.

    Raises:
      InputError: if the checkpoint holds other parameters.
    """
    step = self.latest_step()
    found = _by_name(self._manager.item_metadata(step).tree)
    if wrong := differences(found, _by_name(abstract_state)):
      raise InputError(
        f'The checkpoint {self.folder / str(step)} does not hold the state '
        'that this configuration describes:\n  ' + '\n  '.join(wrong)
      )
    return self._manager.restore(
      step, args=ocp.args.StandardRestore(abstract_state)
    )

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


def save_config(
  workdir: str | os.PathLike, config: ml_collections.ConfigDict
) -> None:
  """Writes `config.json`, complete or not at all."""
  path = pathlib.Path(workdir) / CONFIG_FILE
  partial = path.with_suffix('.partial')
  partial.write_text(json.dumps(config.to_dict(), indent=2) + '\n')
  os.replace(partial, path)


def load_config(
  workdir: str | os.PathLike, base: ml_collections.ConfigDict
) -> ml_collections.ConfigDict:
  """The configuration that `workdir` was made with.

  Args:
    workdir: of a training run, or a folder of imported GauGAN weights.
    base: gives the fields that are younger than the workdir.

  Raises:
    InputError: if there is no readable configuration of this program.
  """
  path = pathlib.Path(workdir) / CONFIG_FILE
  if not path.exists():
    raise InputError(
      f'{workdir} has no {CONFIG_FILE}: expected a workdir of instgan_jax.main '
      '(not one of its checkpoints), an export of instgan_jax.export or GauGAN '
      'weights imported with instgan_jax.import_torch.'
    )
  config = copy.deepcopy(base)
  try:
    config.update(json.loads(path.read_text()))
  except (ValueError, TypeError, KeyError, AttributeError) as error:
    raise InputError(
      f'{path} is not the configuration of a run: {error}.'
    ) from error
  return config


def last_step(workdir: str | os.PathLike) -> int | None:
  """The latest step that is complete in a workdir; None where there is none."""
  steps = pathlib.Path(workdir) / FOLDER
  if not steps.is_dir():
    return None
  numbers = [int(p.name) for p in steps.iterdir() if p.name.isdigit()]
  return max(numbers, default=None)


def check_config(
  workdir: str | os.PathLike, config: ml_collections.ConfigDict
) -> None:
  """Raises InputError if `workdir` was begun with another configuration."""
  path = pathlib.Path(workdir) / CONFIG_FILE
  if not path.exists():
    return
  try:
    saved = traverse_util.flatten_dict(json.loads(path.read_text()), sep='.')
  except ValueError as error:
    raise InputError(f'{path} is not readable JSON: {error}.') from error
  # Through JSON, which has no tuples.
  given = traverse_util.flatten_dict(
    json.loads(json.dumps(config.to_dict())), sep='.'
  )
  # What runs did before there were these fields.
  before = {'data.seed': saved.get('seed'), 'model.num_labels': 35}
  for key in before.keys() & given.keys():
    saved.setdefault(key, before[key])
  differing = [
    f'  {key}: {saved.get(key, "absent")} there, '
    f'{given.get(key, "absent")} here'
    for key in sorted(saved.keys() | given.keys())
    if saved.get(key) != given.get(key) and key not in FREE_KEYS
  ]
  if differing:
    raise InputError(
      f'{workdir} holds a run of another configuration:\n'
      + '\n'.join(differing)
      + '\nContinue it with its own configuration, choose another --workdir, '
      'or start from its weights with --config.init_from.'
    )


def restore_tree(
  folder: str | os.PathLike, *, without: Collection[str] = ()
) -> Tree:
  """A saved tree as numpy arrays, whatever it holds.

  Args:
    folder: a training workdir (its latest checkpoint), one of its
      checkpoints, or a folder of imported weights.
    without: entries of the tree that are not read.

  Returns:
    Nested dicts of numpy arrays.

  Raises:
    InputError: if there is no checkpoint.
  """
  folder = pathlib.Path(folder).absolute()
  if (folder / FOLDER).is_dir():
    step = last_step(folder)
    if step is None:
      raise InputError(f'{folder} has no complete checkpoint yet.')
    folder = folder / FOLDER / str(step)
  if (folder / 'default').is_dir():
    folder = folder / 'default'
  if not (folder / '_METADATA').exists():
    raise InputError(
      f'{folder} is not a checkpoint: expected a workdir of '
      'instgan_jax.main, one of its checkpoints, or imported weights.'
    )
  # The handler alone: a checkpointer warns that a part of a training
  # checkpoint has no metadata of a step.
  handler = ocp.PyTreeCheckpointHandler()
  sharding = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
  abstract = jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(
      leaf.shape, leaf.dtype, sharding=sharding
    ),
    {
      k: v for k, v in handler.metadata(folder).tree.items() if k not in without
    },
  )
  arguments = ocp.args.PyTreeRestore(
    item=abstract,
    restore_args=ocp.checkpoint_utils.construct_restore_args(abstract),
    partial_restore=True,
  )
  try:
    return jax.device_get(handler.restore(folder, args=arguments))
  except Exception as error:  # Of any kind, from the depths of Orbax.
    reason = ' '.join(str(error).split())[:200]
    raise InputError(
      f'{folder} cannot be read ({type(error).__name__}: {reason}). It may be '
      'damaged: use another checkpoint, or make it again.'
    ) from error


def save_tree(
  folder: str | os.PathLike,
  tree: Tree,
  files: Mapping[str, str | bytes] | None = None,
) -> None:
  """Writes a tree of arrays that `restore_tree` reads, complete or not at all.

  Args:
    folder: is made.
    tree: nested dicts of arrays.
    files: content of further files in the folder, by name.

  Raises:
    InputError: if `folder` exists already or cannot be made.
  """
  folder = pathlib.Path(folder).absolute()
  if folder.exists():
    raise InputError(f'{folder} exists already: choose another folder.')
  partial = folder.with_name(f'{folder.name}.partial')
  try:
    shutil.rmtree(partial, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    # Where it cannot be made Orbax would wait for it, for minutes.
    partial.mkdir()
    partial.rmdir()
    with ocp.StandardCheckpointer() as checkpointer:
      checkpointer.save(partial, tree)
    for name, content in (files or {}).items():
      content = content.encode() if isinstance(content, str) else content
      (partial / name).write_bytes(content)
    partial.rename(folder)
  except OSError as error:
    if error.errno == errno.ENOSPC:
      raise
    raise InputError(
      f'{folder} cannot be written: {error.strerror}. Choose another folder.'
    ) from error


def differences(given: Tree, wanted: Tree) -> list[str]:
  """How two trees of arrays differ in names and shapes, a line each."""
  given = traverse_util.flatten_dict(given, sep='/')
  wanted = traverse_util.flatten_dict(wanted, sep='/')
  found = []
  for name in sorted(given.keys() | wanted.keys()):
    if name not in given:
      found.append(f'{name} is missing')
    elif name not in wanted:
      found.append(f'{name} has no place in this model')
    elif given[name].shape != wanted[name].shape:
      found.append(
        f'{name} is {given[name].shape}, the model has {wanted[name].shape}'
      )
  return found


def _by_name(tree: Tree) -> dict[str, Any]:
  """The leaves by their path, whether it leads through dicts or classes."""
  return {
    jax.tree_util.keystr(path, simple=True, separator='/'): leaf
    for path, leaf in jax.tree_util.tree_leaves_with_path(tree)
  }


def _raise_if_disk_full(error: BaseException, folder: pathlib.Path) -> None:
  cause = error
  while cause is not None:
    full = isinstance(cause, OSError) and cause.errno == errno.ENOSPC
    if full or 'No space left' in str(cause):
      raise InputError(
        f'No space left while writing a checkpoint to {folder}. The run is '
        'safe up to the last complete one: free some space and give the same '
        'command again.'
      ) from error
    cause = cause.__cause__ or cause.__context__
