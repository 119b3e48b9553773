"""Ends of a program that are its own doing: one message, one exit status.

Nothing is imported here, so that a program without JAX can start fast.
"""


class Failure(RuntimeError):
  """The program cannot go on; its message says why. Exit status 1."""


class Stopped(Exception):
  """The program was asked to stop, and what it had is saved.

  Attributes:
    exit_status: 128 + the signal's number, as shells count it.
  """

  def __init__(self, message: str, exit_status: int):
    super().__init__(message)
    self.exit_status = exit_status
