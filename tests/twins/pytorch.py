"""A network of PyTorch in both precisions."""

from benchmarks.twins import torch_arrays


def twins(build, *, seed=0):
  """The same random network in float32 and in float64."""
  single = build()
  torch_arrays.load(single, torch_arrays.random_weights(single, seed=seed))
  double = build().double()
  double.load_state_dict(single.state_dict())
  return single, double
