"""Errors that a user can fix."""

from collections.abc import Sequence

_NUM_SHOWN = 5


class InputError(ValueError):
  """Input from outside (a file, a folder, a flag) that cannot be used.

  The message names the file or key, says what was got and what was expected,
  and ends with what to do. Programs print it alone, without a traceback, and
  exit with status 2.
  """


class SceneErrors(InputError):
  """Several scenes of a data set cannot be used; the message has the first.

  Attributes:
    problems: a line for each of these scenes.
    num_scenes: of the data set.
  """

  def __init__(self, problems: Sequence[str], num_scenes: int):
    """Summarizes the problems; a single one is the message itself."""
    self.problems, self.num_scenes = tuple(problems), num_scenes
    message = problems[0]
    if len(problems) > 1:
      message = (
        f'{len(problems)} of {num_scenes} scenes cannot be used:\n'
        + summarize(problems, separator='\n')
      )
    super().__init__(message)


def summarize(items: Sequence[str], separator: str = ', ') -> str:
  """The first five of a list, and how many more there are, for a message."""
  more = len(items) - _NUM_SHOWN
  shown = separator.join(items[:_NUM_SHOWN])
  return f'{shown}{separator}and {more} more' if more > 0 else shown
