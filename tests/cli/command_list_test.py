"""All commands by name, their help, and the list of them."""

import pathlib
import runpy
import sys

import pytest

import instgan_jax
from instgan_jax.cli import command_list, program
from tests import programs

NAMES = sorted(command_list.COMMANDS)


def end(argv, capsys):
  """(status, stdout, stderr) of `instgan ...`."""
  with pytest.raises(SystemExit) as ended:
    command_list.run(['instgan', *argv])
  out, err = capsys.readouterr()
  return ended.value.code or 0, out, err


def test_every_command_of_the_tree_is_in_the_list():
  modules = {
    f'instgan_jax.{path.stem}'
    for path in (programs.ROOT / 'instgan_jax').glob('[a-z]*.py')
  }
  modules |= {
    '.'.join(path.parent.relative_to(programs.ROOT).parts)
    for package in ('instgan_jax', 'data_pipeline')
    for path in (programs.ROOT / package).rglob('__main__.py')
  }
  listed = {module for module, _ in command_list.COMMANDS.values()}
  assert listed == modules - {'instgan_jax'}


def test_every_command_is_in_the_table_of_the_readme():
  readme = (programs.ROOT / 'README.md').read_text()
  for name, (module, _) in command_list.COMMANDS.items():
    assert f'| `{name}` | `{module}` | ' in readme


@pytest.mark.parametrize('argv', [[], ['--help'], ['-h'], ['help']])
def test_the_list_has_every_module_and_description(argv, capsys):
  status, out, err = end(argv, capsys)
  assert (status, err) == (0, '')
  for name, (module, description) in command_list.COMMANDS.items():
    assert name in out
    (line,) = [x for x in out.splitlines() if f'-m {module} ' in x]
    assert line.endswith(description)


def test_version_is_printed(capsys):
  assert end(['--version'], capsys) == (0, f'{instgan_jax.__version__}\n', '')


def test_an_unknown_name_exits_2_and_lists_the_known_ones(capsys):
  status, out, err = end(['paint', '--help'], capsys)
  assert (status, out) == (2, '')
  assert err.startswith("Error: 'paint' is no command, expected one of main, ")
  assert all(name in err for name in NAMES)


@pytest.mark.parametrize('name', [*NAMES, 'train'])
def test_every_command_has_help_with_an_example(name, capsys):
  status, out, err = end([name, '--help'], capsys)
  assert (status, err) == (0, '')
  module, _ = command_list.COMMANDS[name if name != 'train' else 'main']
  assert f'python -m {module}' in out
  assert '--' in out


@pytest.mark.parametrize('name', NAMES)
def test_every_flag_has_a_meaning(name):
  command = command_list.load(name)
  if isinstance(command, program.VerbCommand):
    return  # argparse's: the study tests its verbs.
  _, flags = command.help().split('\nFlags:\n')
  lines = flags.removesuffix('\n  --help\n  --version').splitlines()
  for line, following in zip(lines, [*lines[1:], ''], strict=True):
    if not line.startswith('      '):
      assert line.startswith('  --') and following.startswith('      '), line
    assert len(line) < 80, line


@pytest.mark.parametrize('name', NAMES)
def test_every_command_refuses_an_unknown_flag_with_status_2(name, capsys):
  status, out, err = end([name, '--wrong=1'], capsys)
  assert (status, out) == (2, '')
  assert err.startswith('Error: ') and 'Traceback' not in err


def test_the_package_is_a_program(monkeypatch, capsys):
  monkeypatch.setattr(sys, 'argv', ['instgan_jax', '--version'])
  with pytest.raises(SystemExit):
    runpy.run_module('instgan_jax', run_name='__main__')
  assert capsys.readouterr().out == f'{instgan_jax.__version__}\n'
  assert pathlib.Path(instgan_jax.__file__).parent.parent == programs.ROOT
