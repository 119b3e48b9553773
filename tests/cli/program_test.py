"""Every way in which a command starts and ends: one message, one status."""

import errno
import os
import signal
import subprocess
import sys

import pytest
from absl import flags

import instgan_jax
from data_pipeline.errors import InputError
from instgan_jax.cli import program
from instgan_jax.runtime import exits
from tests import programs


def define_flags(values):
  string, integer = program.definers(
    values, flags.DEFINE_string, flags.DEFINE_integer
  )
  string('name', None, 'What it is called.')
  integer('count', 3, 'How many there are.')


def command(main=lambda values: None, **fields):
  return program.Command('Counts things.', define_flags, main, **fields)


def end(run, capsys):
  """(status, stdout, stderr) of what exits the process."""
  with pytest.raises(SystemExit) as ended:
    run()
  out, err = capsys.readouterr()
  return ended.value.code, out, err


def raising(error):
  def main(_=None):
    raise error

  return main


UNUSABLE = (
  'Expected a path that can be read or written: change its permissions or '
  'choose another one.'
)


@pytest.mark.parametrize(
  ('error', 'status', 'message'),
  [
    (InputError('a.png is wrong.'), 2, 'Error: a.png is wrong.'),
    (exits.Failure('It broke.'), 1, 'Error: It broke.'),
    (exits.Stopped('Stopped.', 143), 143, 'Stopped.'),
    (KeyboardInterrupt(), 130, 'Stopped at once, without saving.'),
    (
      OSError(errno.ENOSPC, 'full', 'a'),
      2,
      'Error: no space left for a. Free some and give the same command again: '
      'it continues.',
    ),
    (
      OSError(errno.EROFS, 'Read-only', 'a'),
      2,
      f'Error: a: Read-only. {UNUSABLE}',
    ),
    (
      IsADirectoryError(errno.EISDIR, 'Is a directory', 'a'),
      2,
      f'Error: a: Is a directory. {UNUSABLE}',
    ),
  ],
  ids=lambda value: type(value).__name__,
)
def test_an_end_has_one_message(error, status, message, capsys, monkeypatch):
  monkeypatch.setattr(os, '_exit', sys.exit)
  for run in (
    lambda: program.exit_after(raising(error)),
    lambda: command(raising(error)).run(['count']),
    lambda: program.VerbCommand(raising(error)).run(['count']),
  ):
    assert end(run, capsys) == (status, '', f'{message}\n')


def test_success_is_silent_and_status_0(capsys):
  assert end(lambda: command().run(['count']), capsys) == (0, '', '')
  assert end(lambda: program.exit_after(lambda: None), capsys) == (0, '', '')


@pytest.mark.parametrize(
  'error',
  [
    FileNotFoundError(errno.ENOENT, 'No such file', 'nowhere/at/all'),
    OSError(errno.EACCES, 'Permission denied'),  # Of no file.
    ZeroDivisionError('division by zero'),
  ],
)
def test_an_error_of_the_program_keeps_its_traceback(error):
  with pytest.raises(type(error)):
    command(raising(error)).run(['count'])


def test_values_reach_the_program():
  got = []
  counting = command(lambda values: got.append((values.name, values.count)))
  counting.call(['count'])
  counting.call(['count', '--name=a', '--count', '5'])
  assert got == [(None, 3), ('a', 5)]


def test_errors_of_a_call_are_raised():
  with pytest.raises(InputError, match='a is wrong'):
    command(raising(InputError('a is wrong'))).call(['count'])
  with pytest.raises(InputError, match='a is wrong'):
    program.VerbCommand(raising(InputError('a is wrong'))).call(['count'])


@pytest.mark.parametrize(
  ('argument', 'message'),
  [
    ('--count=many', r"--count=many: invalid literal .*'many'\. See --help"),
    ('--coun=2', "Unknown command line flag 'coun'.*[.?] See --help"),
    ('other', "unexpected argument 'other': all options begin with --, see"),
  ],
)
def test_wrong_arguments_are_named(argument, message, capsys):
  def never(_):
    raise AssertionError('It has run.')

  with pytest.raises(InputError, match=message):
    command(never).call(['count', argument])
  status, out, err = end(
    lambda: command(never).run(['count', argument]), capsys
  )
  assert (status, out) == (2, '')
  assert err.startswith('Error: ') and err.count('\n') == 1


@pytest.mark.parametrize('flag', ['--help', '-h', '-help', '--helpfull'])
def test_help_lists_every_flag_with_default_and_meaning(flag, capsys):
  status, out, err = end(
    lambda: command(raising(AssertionError)).run(['count', flag]), capsys
  )
  assert (status, err) == (0, '')
  assert out.startswith('Counts things.\n\nFlags:\n')
  lines = [line.strip() for line in out.splitlines()]
  assert lines[lines.index('--name') + 1] == 'What it is called.'
  assert (
    lines[lines.index('--count') + 1] == "How many there are. (default: '3')"
  )
  assert {'--help', '--version'} <= set(lines)


def test_version_is_printed(capsys):
  status, out, err = end(lambda: command().run(['count', '--version']), capsys)
  assert (status, out, err) == (0, f'{instgan_jax.__version__}\n', '')


def test_required_flags_are_named():
  def main(values):
    program.require(values, 'name')

  with pytest.raises(InputError, match='--name is needed, see --help'):
    command(main).call(['count'])
  with pytest.raises(InputError, match='--name is needed'):
    command(main).call(['count', '--name='])
  command(main).call(['count', '--name=a'])

  def both(values):
    values.count = None
    program.require(values, 'name', 'count')

  with pytest.raises(InputError, match='--name and --count are needed'):
    command(both).call(['count'])


def test_commands_do_not_share_flags():
  got = []
  one = command(lambda values: got.append(values.count))
  other = command(lambda values: got.append(values.count))
  one.call(['count', '--count=7'])
  other.call(['count'])
  one.call(['count'])
  assert got == [7, 3, 3]
  assert 'count' not in flags.FLAGS


CONFIG = """
import ml_collections

def get_config(method='l'):
  config = ml_collections.ConfigDict({'seed': 0, 'method': method})
  return config.lock()
"""


@pytest.fixture
def config_file(tmp_path):
  path = tmp_path / 'small.py'
  path.write_text(CONFIG)
  return path


def test_a_configuration_is_read_and_changed(config_file):
  got = []
  training = command(
    lambda values: got.append(values.config), config='The configuration.'
  )
  training.call(['train'])
  training.call(
    ['train', f'--config={config_file}:li', '--config.seed=4', '--count=1']
  )
  assert got[0] is None
  assert got[1].to_dict() == {'seed': 4, 'method': 'li'}
  assert (
    '--config\n      The configuration. Each field of it is a flag too, as'
    in training.help()
  )


@pytest.mark.parametrize(
  ('arguments', 'message'),
  [
    (['--config.sed=1'], 'in the configuration: .*sed'),
    (['--seed=1'], r"flag 'seed'\. It is a field of .*: --config\.seed\."),
    (['--config.seed=a'], "config.seed=a.*See --help|'a'"),
  ],
)
def test_a_wrong_field_is_one_message(config_file, arguments, message, capsys):
  training = command(raising(AssertionError), config='The configuration.')
  words = ['train', f'--config={config_file}', *arguments]
  with pytest.raises(InputError, match=message):
    training.call(words)
  status, _, err = end(lambda: training.run(words), capsys)
  assert status == 2 and err.startswith('Error: ')
  assert 'Traceback' not in err


@pytest.mark.parametrize(
  'content', [None, 'def get_config(', 'import nothing_']
)
def test_a_configuration_that_cannot_be_read_is_one_message(
  tmp_path, content, capsys
):
  path = tmp_path / 'wrong.py'
  if content is not None:
    path.write_text(content)
  training = command(raising(AssertionError), config='The configuration.')
  status, _, err = end(
    lambda: training.run(['train', f'--config={path}']), capsys
  )
  assert status == 2 and err.startswith('Error: ')
  assert 'Traceback' not in err


PROGRAM = """
from data_pipeline.errors import InputError
from instgan_jax.cli import program

def main(_):
  {statement}

program.Command('', lambda values: None, main).run()
"""


@pytest.mark.parametrize(
  ('statement', 'status', 'last_line'),
  [
    ("raise InputError('a.png is wrong.')", 2, 'Error: a.png is wrong.'),
    (
      "open('nowhere/at/all')",
      1,
      'FileNotFoundError: [Errno 2] No such file or directory: '
      "'nowhere/at/all'",
    ),
  ],
)
def test_a_process_ends_with_the_status(statement, status, last_line):
  done = subprocess.run(
    [sys.executable, '-c', PROGRAM.format(statement=statement)],
    cwd=programs.ROOT,
    capture_output=True,
    text=True,
  )
  lines = done.stderr.strip().splitlines()
  assert (done.returncode, lines[-1]) == (status, last_line)
  # A traceback for errors of the program, none for those of the input.
  assert (len(lines) > 1) == (status == 1)


def test_a_repeated_list_flag_adds_to_it():
  values = flags.FlagValues()
  program.define_list('names', ['x'], 'Names.', flag_values=values)
  assert values(['p']) and values.names == ['x']
  values(['p', '--names=a,b', '--names', 'c'])
  assert values.names == ['a', 'b', 'c']


_COUNTS = """
from instgan_jax.cli import program

def count(values):
  for number in range(100_000):
    print(number)

program.Command('Counts.\\n' * 20_000, lambda values: None, count).run()
"""
_ENDS = """
import sys

from instgan_jax.cli import program

def end():
  print('Usage')
  sys.exit(0)

print('First', flush=True)
sys.stdin.read()
program.exit_after(end)
"""


def assert_ends_quietly_unread(process):
  """Reads one line of its output, and closes both pipes."""
  assert process.stdout.readline()
  process.stdout.close()
  if process.stdin:
    process.stdin.close()
  assert process.wait(timeout=60) == 128 + signal.SIGPIPE
  assert not process.stderr.read()


@pytest.mark.parametrize('flags_', [[], ['--help']])
def test_output_that_nobody_reads_to_its_end_is_no_error(flags_):
  with subprocess.Popen(
    [sys.executable, '-c', _COUNTS, *flags_],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  ) as process:
    assert_ends_quietly_unread(process)


def test_output_that_is_left_when_a_program_exits_is_no_error_either(
  monkeypatch,
):
  """As that of argparse's --help."""
  monkeypatch.delenv('PYTHONUNBUFFERED', raising=False)
  with subprocess.Popen(
    [sys.executable, '-c', _ENDS],
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
  ) as process:
    assert_ends_quietly_unread(process)
