"""Sizes of images as they are written on the command line."""

import re

from data_pipeline.errors import InputError


def parse(text: str | None, flag: str) -> tuple[int, int] | None:
  """'256x512' -> (256, 512), height and width; nothing -> None.

  Raises:
    InputError: naming `flag`, if it is written otherwise.
  """
  if not text:
    return None
  match = re.fullmatch(r'([1-9]\d*)x([1-9]\d*)', text)
  if not match:
    raise InputError(
      f'--{flag} is {text!r}, expected HEIGHTxWIDTH, for example 256x512.'
    )
  return int(match[1]), int(match[2])
