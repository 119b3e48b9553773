"""How every command starts and ends: one message, one exit status."""

import errno
import logging
import os
import sys
from collections.abc import Callable

from absl import app, flags
from absl import logging as absl_logging

from data_pipeline.errors import InputError
from instgan_jax import exits

WRONG_INPUT = 2
FAILURE = 1
# Errors of the operating system that another path mends.
_UNUSABLE_PLACE = (
  errno.EACCES,
  errno.EPERM,
  errno.EROFS,
  errno.ENOTDIR,
  errno.EISDIR,
  errno.EEXIST,
)


def run(main: Callable, *, reads_argv: bool = False) -> None:
  """Runs `main(argv)` as an absl program and exits.

  Status 0: done. 2: wrong input, with one message and no traceback. 1: a
  failure, 128 + signal: stopped.

  Args:
    main: the program.
    reads_argv: `main` reads the command line itself (a program of several
      verbs, with argparse); otherwise it is read into absl's flags.
  """

  def guarded(argv):
    _quieten()
    try:
      main(argv)
    except InputError as error:
      _leave(f'Error: {error}', WRONG_INPUT)
    except OSError as error:
      if error.errno == errno.ENOSPC:
        _leave(
          f'Error: no space left for {error.filename or "the output"}. Free '
          'some and give the same command again: it continues.',
          WRONG_INPUT,
        )
      if error.errno not in _UNUSABLE_PLACE or not error.filename:
        raise
      _leave(
        f'Error: {error.filename}: {error.strerror}. Expected a place that can '
        'be read or written: change its permissions or choose another one.',
        WRONG_INPUT,
      )
    except exits.Failure as error:
      _leave(f'Error: {error}', FAILURE)
    except exits.Stopped as error:
      _leave(str(error), error.exit_status)
    except KeyboardInterrupt:
      _leave('Stopped at once, without saving.', 130)

  app.run(guarded, flags_parser=_leave_flags if reads_argv else _parse_flags)


def _leave_flags(argv):
  flags.FLAGS(argv[:1])
  return argv


def _parse_flags(argv):
  try:
    rest = flags.FLAGS(argv)
  except flags.Error as error:
    # An error inside a configuration comes with its traceback: keep the end.
    message = str(error).strip().splitlines()[-1]
    _leave(f'Error: {message} See --help.', WRONG_INPUT)
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    _leave(f'Error: {_config_error(error)}', WRONG_INPUT)
  except (OSError, ImportError, SyntaxError) as error:
    _leave(f'Error: the configuration cannot be read: {error}', WRONG_INPUT)
  if len(rest) > 1:
    _leave(
      f'Error: unexpected argument {rest[1]!r}: all options begin with --, '
      'see --help.',
      WRONG_INPUT,
    )
  return rest


def _config_error(error: Exception) -> str:
  message = str(error.args[0]) if error.args else repr(error)
  return f'in the configuration: {message}'


def _leave(message: str, status: int) -> None:
  sys.stdout.flush()
  print(message, file=sys.stderr, flush=True)
  sys.exit(status)


def _quieten() -> None:
  """Libraries report their own bookkeeping at INFO: keep to warnings."""
  # TensorFlow, if it is imported later, announces its kernels before it has
  # set up logging; without them it has nothing to announce.
  os.environ.setdefault('TF_CPP_MIN_LOG_LEVEL', '2')
  os.environ.setdefault('TF_ENABLE_ONEDNN_OPTS', '0')
  absl_logging.set_verbosity(absl_logging.WARNING)
  absl_logging.use_python_logging(quiet=True)
  logging.getLogger('instgan_jax').setLevel(logging.INFO)
