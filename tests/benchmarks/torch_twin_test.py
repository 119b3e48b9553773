"""PyTorch's twin makes the same iterations as ours."""

import argparse
import sys

import pytest

import benchmarks
from benchmarks import gans
from instgan_jax.runtime import exits

pytestmark = [pytest.mark.slow, pytest.mark.user]

PARTS = ('generate', 'differentiate', 'update')


@pytest.fixture
def flags(tmp_path):
  config = tmp_path / 'narrow.py'
  config.write_text(
    'from tests import tiny\n\n\ndef get_config():\n'
    "  return tiny.config('l', model__use_edges=True)\n"
  )
  return argparse.Namespace(
    config=str(config),
    batch_size=None,
    height=None,
    dtype=None,
    methods='L',
    vgg19=True,
    torch=True,
  )


def test_losses_of_three_iterations_are_equal(flags):
  pytest.importorskip('torch')
  names = gans.names(flags)
  assert names == ['L', gans.TWIN]
  built = gans.build(flags, names)  # Checks the first iteration.
  for _ in range(2):
    ours, theirs = (gan.update() for gan in built.values())
    assert theirs.keys() == {
      'g_adversarial',
      'g_feature_matching',
      'g_perceptual',
      'd_loss',
    }
    for name, loss in theirs.items():
      assert float(ours[name]) == pytest.approx(loss, rel=2e-3, abs=1e-3)


def test_other_losses_are_refused(flags):
  config = gans.configuration.from_flags(flags, 'L')
  gans.check_losses({'d_loss': 1.0, 'g_loss': 7.0}, {'d_loss': 1.0005}, config)
  with pytest.raises(exits.Failure, match='d_loss is 1, in PyTorch 1.01,'):
    gans.check_losses({'d_loss': 1.0}, {'d_loss': 1.01}, config)


def test_without_pytorch_ours_are_timed_alone(flags, monkeypatch, capsys):
  monkeypatch.setitem(sys.modules, 'benchmarks.torch_twin', None)
  monkeypatch.delattr(benchmarks, 'torch_twin', raising=False)
  assert gans.names(flags) == ['L']
  assert 'pip install' in capsys.readouterr().err


def test_the_twin_in_bfloat16_does_all_parts(flags):
  pytest.importorskip('torch')
  flags.dtype, flags.vgg19 = 'bfloat16', False
  twin = gans.build_one(flags, gans.TWIN)
  for part in PARTS:
    getattr(twin, part)()
  assert all(map(float, twin.update().values()))
