"""The GANs that a benchmark times: ours of each method, and PyTorch's twin."""

import argparse
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp
import ml_collections

from benchmarks import configuration, our_gan
from benchmarks.twins import gan_state
from instgan_jax.pretrained import vgg19
from instgan_jax.runtime import exits
from instgan_jax.weights import vgg19 as vgg19_weights

TWIN = 'PyTorch'
WITHOUT_TORCH = (
  'PyTorch is not installed, so nothing is compared with it: pip install -r '
  'tests/requirements-torch.txt'
)
# How far the losses of an iteration may be apart, relatively.
_TOLERANCE = {'float32': 1e-3, 'bfloat16': 5e-2}
_TOLERANCE_OF_TF32 = 1e-2


def names(flags: argparse.Namespace) -> list[str]:
  """The `--methods` and, where PyTorch is, the twin of L."""
  methods = flags.methods.split(',')
  if not flags.torch:
    return methods
  try:
    from benchmarks import torch_twin  # noqa: F401
  except ImportError:
    print(WITHOUT_TORCH, file=sys.stderr)
    return methods
  return [*methods, TWIN]


def build(flags: argparse.Namespace, wanted: Sequence[str]) -> dict[str, Any]:
  """GANs by name; the twin has the weights, batch and losses of L.

  Args:
    flags: those of `configuration`, and `vgg19`.
    wanted: of `names`.

  Raises:
    Failure: if an iteration of the twin has other losses than ours.
  """
  if TWIN not in wanted:
    return {name: build_one(flags, name) for name in wanted}
  modules = _modules(flags)
  state_dicts = _state_dicts(modules)
  features = state_dicts.pop('vgg19', None)
  variables = gan_state.variables(state_dicts)
  gans = {
    name: _ours(flags, name, variables if name == 'L' else None, features)
    for name in wanted
    if name != TWIN
  }
  gans[TWIN] = _twin(flags, modules)
  config = configuration.from_flags(flags, 'L')
  check_losses(gans['L'].update(), gans[TWIN].update(), config)
  return gans


def build_one(flags: argparse.Namespace, name: str) -> Any:
  """One of them by its name, with weights of its own."""
  if name == TWIN:
    return _twin(flags, _modules(flags))
  return _ours(flags, name)


def check_losses(
  ours: Mapping[str, Any],
  theirs: Mapping[str, Any],
  config: ml_collections.ConfigDict,
) -> None:
  """Raises Failure unless all losses of the twin are ours, but for rounding."""
  tolerance = _TOLERANCE[config.dtype]
  if jax.default_backend() != 'cpu':
    tolerance = max(tolerance, _TOLERANCE_OF_TF32)
  for name, loss in theirs.items():
    value = float(ours[name])
    if not math.isclose(
      value, loss, rel_tol=tolerance, abs_tol=0.1 * tolerance
    ):
      raise exits.Failure(
        f'{name} is {value:.6g}, in PyTorch {loss:.6g}, expected the same '
        f'within {tolerance:g}: the two do not do the same work, so their '
        'times cannot be compared. Leave PyTorch out with --no-torch.'
      )


def _modules(flags: argparse.Namespace) -> Any:
  """PyTorch's networks by name."""
  from benchmarks import torch_twin

  return torch_twin.networks(
    configuration.from_flags(flags, 'L'), use_vgg19=flags.vgg19
  )


def _state_dicts(modules: Mapping[str, Any]) -> dict[str, Any]:
  from benchmarks.twins import torch_arrays

  return {name: torch_arrays.state_dict(modules[name]) for name in modules}


def _twin(flags: argparse.Namespace, modules: Any):
  from benchmarks import torch_twin

  config = configuration.from_flags(flags, 'L')
  return torch_twin.TorchTwin(config, our_gan.batch(config), modules)


def _ours(
  flags: argparse.Namespace, method: str, variables=None, vgg19_arrays=None
) -> our_gan.OurGan:
  config = configuration.from_flags(flags, method)
  features = _vgg19_variables(vgg19_arrays) if flags.vgg19 else None
  return our_gan.OurGan(
    config, our_gan.batch(config), variables=variables, vgg19=features
  )


def _vgg19_variables(arrays):
  """VGG19's, of the weights of PyTorch's network, or fresh ones."""
  if arrays:
    return vgg19_weights.vgg19_variables(arrays)
  image = jnp.zeros((1, 16, 16, 3))
  return jax.jit(vgg19.Vgg19().init)(jax.random.key(0), image)
