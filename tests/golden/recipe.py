"""Generates the weights that belong to the reference vectors in this folder.

The vectors are outputs of the public PyTorch networks, computed in float32 on a
CPU with procedural inputs. Their weights are a function of the parameters'
names, so that no file of weights is needed: for `key` of `shape`, with
r = default_rng(crc32(key)),

  running_var               0.5 + r.random
  running_mean              0.1 r.standard_normal
  weight of one axis        1 + 0.1 r.standard_normal
  bias                      0.1 r.standard_normal
  weight, weight_orig       sqrt(2 / prod(shape[1:])) r.standard_normal
  weight_u, weight_v        30 steps of the power method from r.standard_normal
                            (of weight_u), in float64
  num_batches_tracked       0

Arrays of images are NHWC; parameters keep their public names and layout (OIHW).
"""

import json
import pathlib
import zlib

import numpy as np

FOLDER = pathlib.Path(__file__).parent


def inputs(name: str) -> dict[str, np.ndarray]:
  """What goes into the network of the set `name`."""
  return dict(np.load(FOLDER / name / 'inputs.npz'))


def expected(name: str) -> dict[str, np.ndarray]:
  """What comes out."""
  return dict(np.load(FOLDER / name / 'expected.npz'))


def grad_norms(name: str) -> dict[str, dict[str, float]]:
  """The norm of the gradient of every parameter, by network."""
  return json.loads((FOLDER / name / 'grad_norms.json').read_text())


def state_dict(name: str, network: str | None = None) -> dict[str, np.ndarray]:
  """The weights of the set `name` (of its network 'G', 'D' or 'E')."""
  shapes = json.loads((FOLDER / name / 'state_dict_shapes.json').read_text())
  if network is not None:
    shapes = shapes[network]
  shapes = {key: tuple(shape) for key, shape in shapes.items()}
  weights = {}
  for key, shape in shapes.items():
    if key.endswith(('weight_u', 'weight_v')):
      continue
    weights[key] = _values(key, shape)
  for key in shapes:
    if key.endswith('weight_u'):
      prefix = key.removesuffix('weight_u')
      u = _rng(key).standard_normal(shapes[key])
      weight = weights[f'{prefix}weight_orig']
      u, v = _singular_vectors(weight, u.astype(np.float32))
      weights[key], weights[f'{prefix}weight_v'] = u, v
  return {key: np.asarray(weights[key], np.float32) for key in shapes}


def _rng(key):
  return np.random.default_rng(zlib.crc32(key.encode()))


def _values(key, shape):
  rng = _rng(key)
  if key.endswith('num_batches_tracked'):
    return np.zeros(shape)
  if key.endswith('running_var'):
    return 0.5 + rng.random(shape)
  if key.endswith('running_mean'):
    return 0.1 * rng.standard_normal(shape)
  if key.endswith('bias'):
    return 0.1 * rng.standard_normal(shape)
  if len(shape) == 1:
    scale = 0.2 if key.endswith('bn3.weight') else 1.0
    return scale * (1 + 0.1 * rng.standard_normal(shape))
  return np.sqrt(2 / np.prod(shape[1:])) * rng.standard_normal(shape)


def _singular_vectors(weight, u):
  matrix = weight.astype(np.float32).astype(np.float64)
  matrix = matrix.reshape(len(matrix), -1)
  u = (u / np.linalg.norm(u)).astype(np.float64)
  for _ in range(30):
    v = matrix.T @ u
    v /= np.linalg.norm(v)
    u = matrix @ v
    u /= np.linalg.norm(u)
  return u, v
