"""Weights and images of PyTorch networks as numpy arrays, and back."""

import warnings
import zlib
from collections.abc import Mapping

import numpy as np
import torch

StateDict = Mapping[str, np.ndarray]


def to_tensor(x: np.ndarray, dtype: torch.dtype = torch.float32):
  """NHWC array -> NCHW tensor."""
  x = np.ascontiguousarray(np.moveaxis(np.asarray(x), -1, 1))
  return torch.from_numpy(x).to(dtype)


def to_array(tensor: torch.Tensor) -> np.ndarray:
  """NCHW tensor -> NHWC array."""
  return np.moveaxis(tensor.detach().numpy(), 1, -1)


def spectral_norm(conv: torch.nn.Module) -> torch.nn.Module:
  """PyTorch's own, by the old name that public state dicts belong to."""
  with warnings.catch_warnings():
    warnings.simplefilter('ignore', FutureWarning)
    return torch.nn.utils.spectral_norm(conv)


def state_dict(network: torch.nn.Module) -> dict[str, np.ndarray]:
  """Copies of its weights and statistics, as public files hold them."""
  return {
    key: value.detach().cpu().numpy().copy()
    for key, value in network.state_dict().items()
  }


def gradients(network: torch.nn.Module) -> dict[str, np.ndarray]:
  """Its state dict, with gradients instead of the parameters."""
  arrays = state_dict(network)
  for key, parameter in network.named_parameters():
    assert parameter.grad is not None, key
    arrays[key] = parameter.grad.cpu().numpy().copy()
  return arrays


def load(network: torch.nn.Module, arrays: StateDict) -> torch.nn.Module:
  """Loads a whole state dict of arrays; returns the network."""
  tensors = {key: torch.from_numpy(value) for key, value in arrays.items()}
  network.load_state_dict(tensors, strict=True)
  return network


def random_weights(
  network: torch.nn.Module, *, seed: int
) -> dict[str, np.ndarray]:
  """Fresh weights by name, of activations that neither vanish nor explode.

  The vectors of the spectral norms are one step of the power method away from
  random ones: far from converged, so that each further step shows.
  """
  arrays = {}
  initial = state_dict(network)
  for key, value in initial.items():
    rng = np.random.default_rng((seed, zlib.crc32(key.encode())))
    arrays[key] = _values(key, value.shape, rng)
  for key in arrays:
    if key.endswith('weight_u'):
      prefix = key.removesuffix('weight_u')
      matrix = arrays[f'{prefix}weight_orig']
      matrix = matrix.reshape(len(matrix), -1)
      v = _unit(matrix.T @ arrays[key])
      arrays[key], arrays[f'{prefix}weight_v'] = _unit(matrix @ v), v
  return {
    key: value.astype(initial[key].dtype) for key, value in arrays.items()
  }


def _values(
  key: str, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
  if key.endswith('num_batches_tracked'):
    return np.zeros(shape)
  if key.endswith('running_var'):
    return rng.uniform(0.5, 1.5, shape)
  if len(shape) == 1:
    around = 1.0 if key.endswith('weight') else 0.0
    return around + 0.1 * rng.standard_normal(shape)
  return np.sqrt(2 / np.prod(shape[1:])) * rng.standard_normal(shape)


def _unit(vector: np.ndarray) -> np.ndarray:
  return vector / np.linalg.norm(vector)
