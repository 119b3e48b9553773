"""Folders of weights: an Orbax tree with `weights.json` beside it.

`import_torch`, `export` and `train_segmenter` write them. In the place of the
tree there may be a small file, see `compact_file`. A training workdir is read
as well, as its latest checkpoint.
"""

import json
import os
import pathlib
import shutil
from collections.abc import Collection, Mapping
from typing import Any

import jax
import numpy as np
import orbax.checkpoint as ocp

from data_pipeline import file_lock
from data_pipeline.errors import InputError
from instgan_jax.checkpoints import (
  checksums,
  compact_file,
  manager,
  unreadable_checkpoint,
)
from instgan_jax.runtime import disk_space

METADATA_FILE = 'weights.json'
# Where a trained segmenter's weights are in its workdir.
TRAINED_FOLDER = 'weights'
_ITEM = 'default'  # In a checkpoint, what Orbax calls its only item.


def locate(folder: str | os.PathLike) -> pathlib.Path:
  """The folder of weights: `folder`, or the one in a segmenter's workdir."""
  path = pathlib.Path(folder)
  inner = path / TRAINED_FOLDER
  return inner if inner.is_dir() else path


def metadata(folder: str | os.PathLike) -> dict:
  """What `weights.json` says: network, options, source files, origin.

  Raises:
    InputError: if it is missing or no JSON object.
  """
  file = locate(folder) / METADATA_FILE
  try:
    return dict(json.loads(file.read_text()))
  except (OSError, ValueError, TypeError) as error:
    raise InputError(
      f'{file} cannot be read ({error}): it says which architecture the '
      'weights have. Import them again.'
    ) from error


def restore(
  folder: str | os.PathLike,
  *,
  without: Collection[str] = (),
  step: int | None = None,
) -> dict[str, Any]:
  """A saved tree as numpy arrays, whatever it holds.

  Args:
    folder: a training workdir (its latest checkpoint), one of its
      checkpoints, or a folder of weights.
    without: entries of an Orbax tree that are not read.
    step: of a workdir's checkpoint; None for the latest.

  Returns:
    Nested dicts of numpy arrays.

  Raises:
    InputError: if there is no checkpoint, or it cannot be read.
  """
  folder = _checkpoint_folder(pathlib.Path(folder).absolute(), step)
  try:
    checksums.check(folder.parent if folder.name == _ITEM else folder)
    if (folder / compact_file.FILE).exists():
      restored = compact_file.load(folder / compact_file.FILE)
    else:
      restored = _read_orbax(folder, without)
  except Exception as error:  # Of any kind, from the depths of Orbax.
    raise InputError(
      f'{folder} cannot be read ({unreadable_checkpoint.reason(error)}). It '
      'may be damaged: use another checkpoint, or make it again.'
    ) from error
  _check_finite(restored, folder)
  return restored


def _read_orbax(
  folder: pathlib.Path, without: Collection[str]
) -> dict[str, Any]:
  # The handler alone: a checkpointer warns that a part of a training
  # checkpoint has no metadata of a step.
  handler = ocp.PyTreeCheckpointHandler()
  sharding = jax.sharding.SingleDeviceSharding(jax.local_devices()[0])
  abstract = jax.tree.map(
    lambda leaf: jax.ShapeDtypeStruct(
      leaf.shape, leaf.dtype, sharding=sharding
    ),
    {
      key: value
      for key, value in handler.metadata(folder).tree.items()
      if key not in without
    },
  )
  arguments = ocp.args.PyTreeRestore(
    item=abstract,
    restore_args=ocp.checkpoint_utils.construct_restore_args(abstract),
    partial_restore=True,
  )
  return jax.device_get(handler.restore(folder, args=arguments))


def _check_finite(tree: dict[str, Any], folder: pathlib.Path) -> None:
  for path, leaf in jax.tree_util.tree_leaves_with_path(tree):
    if not np.isfinite(np.asarray(leaf, np.float32)).all():
      name = jax.tree_util.keystr(path, simple=True, separator='/')
      raise InputError(
        f'{folder}: {name} has NaN or infinite numbers. Use another '
        'checkpoint, or make it again.'
      )


def save(
  folder: str | os.PathLike,
  tree: Mapping[str, Any],
  files: Mapping[str, str | bytes] | None = None,
  *,
  is_compact: bool = False,
) -> None:
  """Writes a tree of arrays that `restore` reads, complete or not at all.

  Args:
    folder: is made.
    tree: nested dicts of arrays.
    files: content of further files in the folder, by name.
    is_compact: whether to write one small file of bfloat16 numbers, see
      `compact_file`; `restore` gives them as float32.

  Raises:
    InputError: if `folder` exists already or cannot be made.
  """
  folder = pathlib.Path(folder).absolute()
  if folder.exists():
    raise InputError(f'{folder} exists already: choose another folder.')
  disk_space.check(
    folder,
    disk_space.size(tree) + sum(map(len, (files or {}).values())),
    f'No space left to write {folder}.',
  )
  partial = folder.with_name(f'{folder.name}.partial')
  try:
    with file_lock.while_making(folder):
      shutil.rmtree(partial, ignore_errors=True)
      # Where it cannot be made Orbax would wait for it, for minutes.
      partial.mkdir()
      partial.rmdir()
      if is_compact:
        partial.mkdir()
        compact_file.save(partial / compact_file.FILE, tree)
      else:
        with ocp.StandardCheckpointer() as checkpointer:
          checkpointer.save(partial, tree)
      for name, content in (files or {}).items():
        content = content.encode() if isinstance(content, str) else content
        (partial / name).write_bytes(content)
      checksums.write(partial)
      partial.rename(folder)
  except InputError:  # Another process is at it.
    raise
  except Exception as error:  # Of a full disk Orbax has several.
    shutil.rmtree(partial, ignore_errors=True)
    if manager.is_disk_full(error):
      raise InputError(
        f'No space left while writing {folder}. Nothing was left of it: free '
        'some space and give the same command again.'
      ) from error
    if not isinstance(error, OSError):
      raise
    raise InputError(
      f'{folder} cannot be written: {error.strerror}. Choose another folder.'
    ) from error


def _checkpoint_folder(folder: pathlib.Path, step: int | None) -> pathlib.Path:
  """Where the arrays are: in a checkpoint of a workdir, or in the folder."""
  if (folder / manager.FOLDER).is_dir():
    saved = manager.saved_steps(folder)
    if not saved:
      raise InputError(f'{folder} has no complete checkpoint yet.')
    if step is not None and step not in saved:
      raise InputError(
        f'{folder} has no checkpoint of step {step}, it has those of '
        f'{", ".join(map(str, saved))}.'
      )
    folder = folder / manager.FOLDER / str(saved[-1] if step is None else step)
  elif step is not None:
    raise InputError(
      f'{folder} is no training workdir, so that it has one set of weights and '
      f'none of step {step}: leave out the step.'
    )
  if (folder / _ITEM).is_dir():
    folder = folder / _ITEM
  names = ('_METADATA', compact_file.FILE)
  if not any((folder / name).exists() for name in names):
    raise InputError(
      f'{folder} is not a checkpoint: expected a workdir of '
      'instgan_jax.main, one of its checkpoints, or imported weights.'
    )
  return folder
