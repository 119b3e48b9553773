"""Every benchmark explains itself."""

import importlib
import os
import pathlib

import pytest

ROOT = pathlib.Path(__file__).parent.parent.parent
NAMES = sorted(
  '.'.join(path.relative_to(ROOT / 'benchmarks').with_suffix('').parts)
  for path in (ROOT / 'benchmarks').rglob('*.py')
  if '__main__' in path.read_text()
)


@pytest.mark.parametrize('name', NAMES)
def test_help_names_the_module(name, monkeypatch, capsys):
  monkeypatch.setattr(os, 'environ', dict(os.environ))  # Some set it.
  monkeypatch.setattr('sys.argv', [name, '--help'])
  with pytest.raises(SystemExit) as end:
    importlib.import_module(f'benchmarks.{name}').main()
  assert end.value.code == 0
  assert (
    f'benchmarks.{name.removesuffix(".__main__")}' in capsys.readouterr().out
  )
