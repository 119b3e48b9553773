"""How every command reads its flags, ends, and says what went wrong.

A command is a light module, which imports JAX only when it runs:

  def define_flags(values): ...
  def main(values): ...

  command = program.Command(__doc__, define_flags, main)

  if __name__ == '__main__':
    command.run()
"""

import argparse
import contextlib
import dataclasses
import errno
import functools
import gc
import logging
import os
import signal
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from absl import flags
from absl import logging as absl_logging

import instgan_jax
from data_pipeline import progress
from data_pipeline.errors import InputError
from instgan_jax.cli import (
  command_line,
  renamed_fields,
  repeated_errors,
  shipped_configs,
)
from instgan_jax.runtime import (
  compiled_programs,
  exits,
  keyboard_interrupt,
  xla_flags,
)

WRONG_INPUT = 2
FAILURE = 1
# Tracing makes millions of objects that stay. Looking through them as often as
# Python does by default takes a fifth of the time to the first step.
_GARBAGE_THRESHOLDS = (50_000, 20, 20)
# Errors of the operating system that another path fixes.
_UNUSABLE_PATH = (
  errno.EACCES,
  errno.EPERM,
  errno.EROFS,
  errno.ENOTDIR,
  errno.EISDIR,
  errno.EEXIST,
)
# Help of flags that several commands have.
_FIELDS = 'Each field of it is a flag too, as --config.data.path=FOLDER.'
WORKDIR_OF_GENERATOR = (
  'A training workdir, an export, or imported GauGAN weights.'
)
WEIGHTS = 'The moving average (where the run has one), or the last weights.'
STEP = 'Of the checkpoint of a workdir; default: the latest.'
_HELP = frozenset({'--help', '-help', '-h', '--helpfull', '--helpshort'})


@dataclasses.dataclass(frozen=True)
class Command:
  """A command with absl's flags.

  The flags belong to the command, not to the process: any number of commands
  can be imported into one process.

  Attributes:
    description: what `--help` prints above the flags.
    define_flags: defines the flags in the values that it is given.
    main: runs the command with the parsed values.
    config: what `--config FILE` is, which has `--config.KEY=VALUE` beside it;
      '' for a command without one.
  """

  description: str
  define_flags: Callable[[flags.FlagValues], None]
  main: Callable[[flags.FlagValues], None]
  config: str = ''

  def run(self, argv: Sequence[str] | None = None) -> None:
    """Runs the command and exits the process, see `exit_after`.

    Args:
      argv: program name and arguments; those of the process if not given.
    """
    argv = list(sys.argv if argv is None else argv)
    if _HELP & set(argv[1:]):
      with pipe_may_close():
        print(self.help())
    elif '--version' in argv[1:]:
      print(instgan_jax.__version__)
    else:
      exit_after(lambda: self.call(argv))
    sys.exit(0)

  def call(self, argv: Sequence[str]) -> None:
    """Runs the command in this process.

    Args:
      argv: program name and arguments.

    Raises:
      InputError: for wrong flags and other wrong input.
    """
    argv = list(argv)
    if self.config:
      argv = renamed_fields.resolve(shipped_configs.resolve(argv))
    values = self._flags(argv)
    command_line.parse(values, argv)
    progress.set_quiet(values.quiet)
    self.main(values)

  def help(self) -> str:
    """The description, and every flag with its default and meaning."""
    values = self._flags([])
    lines = [self.description.strip(), '', 'Flags:']
    for name in sorted(values):
      flag = values[name]
      default = f' (default: {flag.default_as_str})' if flag.default else ''
      lines.append(f'  --{name}')
      lines += textwrap.wrap(
        ' '.join(f'{flag.help}{default}'.split()),
        width=79,
        break_on_hyphens=False,
        initial_indent='      ',
        subsequent_indent='      ',
      )
    lines += ['  --help', '  --version']
    return '\n'.join(lines)

  def _flags(self, argv: list[str]) -> flags.FlagValues:
    values = flags.FlagValues()
    self.define_flags(values)
    flags.DEFINE_bool('quiet', False, 'Show no progress.', flag_values=values)
    if self.config:
      from instgan_jax.cli import config_flag  # Not needed by all commands.

      config_flag.define(values, argv, f'{self.config} {_FIELDS}')
    return values


@dataclasses.dataclass(frozen=True)
class VerbCommand:
  """A command with arguments or verbs, which reads them with `Parser`.

  Attributes:
    main: runs the command, given program name and arguments.
  """

  main: Callable[[Sequence[str]], None]

  def run(self, argv: Sequence[str] | None = None) -> None:
    """Runs the command and exits the process, see `exit_after`."""
    arguments = sys.argv if argv is None else argv
    exit_after(lambda: self.main(arguments))

  def call(self, argv: Sequence[str]) -> None:
    """Runs the command in this process; raises InputError."""
    self.main(argv)


class Parser(argparse.ArgumentParser):
  """argparse's, which raises InputError for a wrong command line."""

  def error(self, message):
    """Raises InputError."""
    raise InputError(f'{message}. See {self.prog} --help.')


def definers(
  values: flags.FlagValues, *functions: Callable[..., Any]
) -> tuple[Callable[..., Any], ...]:
  """absl's DEFINE functions for the flags of one command."""
  return tuple(
    functools.partial(function, flag_values=values) for function in functions
  )


class _ListFlag(flags.Flag):
  """Values with commas between them; a repeated flag adds to them."""

  def parse(self, argument):
    before = self.value if self.present else []
    super().parse(argument)
    self.value = before + self.value


def define_list(
  name: str,
  default: list[str] | None,
  description: str,
  *,
  flag_values: flags.FlagValues,
) -> None:
  """Defines a flag for a list: `--name a,b --name c` is [a, b, c]."""
  parser, serializer = flags.ListParser(), flags.CsvListSerializer(',')
  flag = _ListFlag(parser, serializer, name, default, description)
  flags.DEFINE_flag(flag, flag_values)


def require(values: flags.FlagValues, *names: str) -> None:
  """Raises InputError unless all of these flags are given."""
  missing = [
    f'--{name}' for name in names if values[name].value in (None, '', [])
  ]
  if missing:
    verb = 'is' if len(missing) == 1 else 'are'
    raise InputError(f'{" and ".join(missing)} {verb} needed, see --help.')


def exit_after(main: Callable[[], None]) -> None:
  """Runs `main` and exits the process with one status and one message.

  Status 0: done. 2: wrong input, with one message and no traceback. 1: a
  failure. 128 + the signal's number: stopped.
  """
  _configure_logging()
  compiled_programs.configure()
  xla_flags.configure()
  repeated_errors.silence()
  gc.set_threshold(*_GARBAGE_THRESHOLDS)
  try:
    with keyboard_interrupt.guarded(), pipe_may_close():
      main()
  except InputError as error:
    _exit(f'Error: {error}', WRONG_INPUT)
  except OSError as error:
    if error.errno == errno.ENOSPC:
      _exit(
        f'Error: no space left for {error.filename or "the output"}. Free '
        'some and give the same command again: it continues.',
        WRONG_INPUT,
      )
    if error.errno not in _UNUSABLE_PATH or not error.filename:
      raise
    _exit(
      f'Error: {error.filename}: {error.strerror}. Expected a path that can '
      'be read or written: change its permissions or choose another one.',
      WRONG_INPUT,
    )
  except exits.Failure as error:
    _exit(f'Error: {error}', FAILURE)
  except exits.Stopped as error:
    _exit(str(error), error.exit_status)
  except KeyboardInterrupt:
    print(keyboard_interrupt.MESSAGE, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(130)  # Threads in the middle of something do not delay it.
  sys.exit(0)


@contextlib.contextmanager
def pipe_may_close() -> Iterator[None]:
  """Exits without a word if what reads the output has ended, such as `head`."""
  try:
    try:
      yield
    finally:
      sys.stdout.flush()
  except BrokenPipeError:
    # Python would flush the rest into it at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(128 + signal.SIGPIPE)


def _exit(message: str, status: int) -> None:
  sys.stdout.flush()
  print(message, file=sys.stderr, flush=True)
  sys.exit(status)


def _configure_logging() -> None:
  """Libraries report their own bookkeeping at INFO: keep to warnings."""
  # TensorFlow, if it is imported later, announces its kernels before it has
  # set up logging; without them it has nothing to announce.
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
  os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')
  # Libraries read absl's global flags, which no command defines or parses.
  flags.FLAGS.mark_as_parsed()
  absl_logging.set_verbosity(absl_logging.WARNING)
  absl_logging.use_python_logging(quiet=True)
  logging.getLogger('instgan_jax').setLevel(logging.INFO)
