"""Skips the comparisons with PyTorch where it is missing."""

import pytest

torch = pytest.importorskip(
  'torch', reason='PyTorch is not installed (tests/requirements-torch.txt).'
)
# The networks are small, and other tests want the other cores.
torch.set_num_threads(1)
