import json

import pytest

from benchmarks import cuda
from data_pipeline.errors import InputError
from tests import tiny

HLO = """
ENTRY %main {
  %a = f32[2,4]{1,0} parameter(0)
  %fusion.1 = f32[2,4]{1,0} fusion(%a), kind=kLoop, calls=%f
  %conv.2 = (f32[2,4]{1,0}, u8[0]{0}) custom-call(%a, %fusion.1), \
custom_call_target="__cudnn$convForward"
  ROOT %copy.3 = f32[2,4]{0,1} copy(%fusion.1)
}
"""


def test_flops_of_the_step_as_lowered_for_cuda(monkeypatch, capsys):
  words = ['--config', 'toy_street:l', *tiny.flags(), '--batch_size', '2']
  monkeypatch.setattr('sys.argv', ['cuda', *words])
  monkeypatch.setattr(cuda, '_PLUGINS', ())
  cuda.main()
  figures = json.loads(capsys.readouterr().out)
  # Most of so narrow a step is no convolution; of those XLA does not count what
  # falls on the padding.
  assert 0.9 < figures['times_useful_flops'] < 4
  assert figures['gigabytes_before_fusion'] > 0
  assert 'peak_gigabytes' not in figures


def test_unknown_flags_are_refused(monkeypatch):
  monkeypatch.setattr('sys.argv', ['cuda', '--batchsize', '2'])
  with pytest.raises(InputError, match="unknown argument '--batchsize'"):
    cuda.main()


def test_operations_are_counted_by_kind():
  expected = {'__cudnn$convForward': 1, 'copy': 1, 'fusion': 1}
  assert cuda.operations(HLO) == expected
