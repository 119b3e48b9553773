"""Converts PyTorch state dicts to variables and checks that all names match.

The modules of this package list an `Entry` for every parameter of a public
network. All names and shapes of both sides must agree, so that no parameter
silently keeps its initial value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from flax import traverse_util

from data_pipeline.errors import InputError

# Our leaf names and PyTorch's.
_LEAVES = {
  'kernel': 'weight',
  'bias': 'bias',
  'scale': 'weight',
  'mean': 'running_mean',
  'var': 'running_var',
}


class Entry(NamedTuple):
  """One parameter of the public network and its counterpart.

  Attributes:
    key: its name in the state dict.
    shape: its shape there.
    path: our collection, modules and name.
    convert: converts its layout to ours.
  """

  key: str
  shape: tuple[int, ...]
  path: tuple[str, ...]
  convert: Callable[[np.ndarray], np.ndarray]


def convert(
  state_dict: Mapping[str, np.ndarray],
  entries: Sequence[Entry],
  *,
  network: str,
  unused: Callable[[str], bool] = lambda key: False,
) -> dict:
  """Converts a state dict to variables.

  Args:
    state_dict: arrays by their public names.
    entries: every parameter that is needed.
    network: its name in error messages.
    unused: whether a name that is not among the entries may be there.

  Returns:
    Nested dicts of float32 arrays: collection, modules, name.

  Raises:
    InputError: listing every missing, extra or misshapen name.
  """
  problems = _problems(state_dict, entries, unused)
  if problems:
    lines = '\n  '.join(problems)
    raise InputError(
      f'The weights do not fit the {network}; {len(problems)} names differ:\n'
      f'  {lines}\n'
      'Give the state dict of that network, as it was published.'
    )
  variables: dict = {}
  for entry in entries:
    value = np.asarray(state_dict[entry.key], np.float32)
    _put(variables, entry.path, entry.convert(value))
  return variables


def _problems(
  state_dict: Mapping[str, np.ndarray],
  entries: Sequence[Entry],
  unused: Callable[[str], bool],
) -> list[str]:
  """One line for every name that does not fit."""
  problems = []
  for entry in entries:
    ours = '/'.join(entry.path)
    if entry.key not in state_dict:
      problems.append(f'missing: {entry.key} {entry.shape} (ours: {ours})')
      continue
    shape = tuple(np.shape(state_dict[entry.key]))
    if shape != entry.shape:
      problems.append(
        f'misshapen: {entry.key} is {shape}, expected {entry.shape} '
        f'(ours: {ours})'
      )
  expected = {entry.key for entry in entries}
  for key in state_dict:
    if key not in expected and not unused(key):
      shape = tuple(np.shape(state_dict[key]))
      problems.append(f'extra: {key} {shape} (ours: none)')
  return problems


def _put(tree: dict, path: Sequence[str], value: np.ndarray) -> None:
  *parents, name = path
  for parent in parents:
    tree = tree.setdefault(parent, {})
  tree[name] = value


def identity(value: np.ndarray) -> np.ndarray:
  """The conversion of an array whose layout is the same on both sides."""
  return value


def conv_kernel(weight: np.ndarray) -> np.ndarray:
  """Converts [out, in, kh, kw] to [kh, kw, in, out]."""
  return np.ascontiguousarray(weight.transpose(2, 3, 1, 0))


def conv_entries(
  key: str,
  path: Sequence[str],
  shape: tuple[int, int, int, int],
  *,
  use_bias: bool = True,
) -> list[Entry]:
  """The entries of a plain convolution.

  Args:
    key: its public name.
    path: the names of our nested modules.
    shape: of the public weight, [out, in, kh, kw].
    use_bias: whether it has a bias.
  """
  path = ('params', *path)
  entries = [Entry(f'{key}.weight', shape, (*path, 'kernel'), conv_kernel)]
  if use_bias:
    entries.append(Entry(f'{key}.bias', shape[:1], (*path, 'bias'), identity))
  return entries


def entries_of(
  variables: Mapping,
  public_name: Callable[[tuple[str, ...]], str] = '.'.join,
) -> list[Entry]:
  """The entries of a network of convolutions and batch norms.

  Args:
    variables: those of our module, or their shapes.
    public_name: from the names of our nested modules to the public name.
  """
  entries = []
  for path, leaf in traverse_util.flatten_dict(variables).items():
    _, *modules, name = path
    key = f'{public_name(tuple(modules))}.{_LEAVES[name]}'
    if name == 'kernel':
      height, width, in_channels, channels = leaf.shape
      shape = (channels, in_channels, height, width)
      entries.append(Entry(key, shape, path, conv_kernel))
    else:
      entries.append(Entry(key, leaf.shape, path, identity))
  return entries
