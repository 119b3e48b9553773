"""Errors that a user can mend."""


class InputError(ValueError):
  """Input from outside (a file, a folder, a flag) that cannot be used.

  The message names the file or key, says what was got and what was expected,
  and ends with what to do. Programs print it alone, without a traceback, and
  exit with status 2.
  """
