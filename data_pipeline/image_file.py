"""Decodes and encodes the image files of a scene: a photograph and its maps.

A photograph is 8-bit RGB, a PNG or, if its name says so, a JPEG; of contents
without a name these tell it. A label map is an 8-bit grayscale PNG, an instance
map a 16-bit one. Needs only Pillow and numpy.
"""

import contextlib
import io
import os
import pathlib
from collections.abc import Collection, Iterator, Mapping
from typing import IO

import numpy as np
from PIL import Image, PngImagePlugin

from data_pipeline import file_kinds, unreadable_image
from data_pipeline.errors import InputError

# Pillow's mode of each kind of file, and what to do about another mode.
_MODES = {
  file_kinds.IMAGE: 'RGB',
  file_kinds.LABEL_MAP: 'L',
  file_kinds.INSTANCE_MAP: 'I;16',
  file_kinds.INSTANCE_COLORS: 'RGB',
  file_kinds.PANOPTIC_MAP: 'RGB',
}
_ADVICE = {
  file_kinds.IMAGE: '8-bit RGB. Convert it, without palette or alpha',
  file_kinds.LABEL_MAP: (
    '8-bit grayscale of label ids. Use *_gtFine_labelIds.png, not'
    ' *_gtFine_color.png; write other maps from a uint8 array of ids'
  ),
  file_kinds.INSTANCE_MAP: (
    '16-bit grayscale, since ids such as 26003 do not fit 8 bits. Use'
    ' *_gtFine_instanceIds.png, or write the map again from a uint16 array'
  ),
  file_kinds.INSTANCE_COLORS: (
    '8-bit RGB, whose red is the class and whose green the number of an object'
  ),
  file_kinds.PANOPTIC_MAP: (
    '8-bit RGB, whose colors are the ids of segments: id = R + 256 G + 65536 B'
  ),
}
_MODE_NAMES = {
  '1': '1-bit',
  'I;16': '16-bit grayscale',
  'L': '8-bit grayscale',
  'LA': 'grayscale with alpha',
  'P': 'palette',
  'RGB': 'RGB',
  'RGBA': 'RGB with alpha',
}
# A complete file ends with it. Some programs append a little.
_ENDS = {'PNG': b'IEND', 'JPEG': b'\xff\xd9'}
_TAIL_BYTES = 4096
_JPEG_START = b'\xff\xd8\xff'
_EXIF_ORIENTATION = 0x0112


def decode(
  file: str | bytes,
  kind: str,
  scene: str = '',
  *,
  modes: Collection[str] = (),
) -> np.ndarray:
  """Decodes a file.

  Args:
    file: its path, or its contents.
    kind: of `file_kinds`.
    scene: the scene's name, for messages about contents.
    modes: Pillow modes that are accepted instead of the usual one of the kind.

  Returns:
    uint8 [H, W, 3] or the [H, W] of a map.

  Raises:
    InputError: naming the file, if it is missing, damaged or of another kind.
  """
  with _open(file, kind, scene, modes) as (image, _):
    is_gray = kind == file_kinds.IMAGE and image.mode != 'RGB'
    return np.array(image.convert('RGB') if is_gray else image)


def read_map(
  file: str | os.PathLike[str] | bytes, kind: str, name: str = ''
) -> np.ndarray:
  """Decodes a single label or instance map, at its own size.

  An instance map may have 8 bits, which is enough for dense ids.

  Args:
    file: path or contents of a PNG.
    kind: of a map.
    name: the scene, for messages about contents.

  Returns:
    uint8 or uint16 [H, W].

  Raises:
    InputError: naming the file, if it is missing, damaged or of another kind.
  """
  source = file if isinstance(file, bytes) else os.fspath(file)
  return decode(source, kind, name, modes={_MODES[kind], 'L'})


def check_header(
  file: str | bytes,
  kind: str,
  scene: str = '',
  *,
  modes: Collection[str] = (),
) -> tuple[int, int]:
  """Checks kind and end of a file without decoding it: its (width, height).

  Raises:
    InputError: naming the file, if it is unreadable, cut off or of another
      kind.
  """
  with _open(file, kind, scene, modes) as (image, stream):
    length = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, length - _TAIL_BYTES))
    if _ENDS[_format_of(file, kind)] not in stream.read():
      raise OSError('the file is cut off')
    return image.size


def encode_png(
  array: np.ndarray, text: Mapping[str, str] | None = None
) -> bytes:
  """Encodes uint8 [H, W, 3] or [H, W], or uint16 [H, W], as a PNG.

  Args:
    array: the image.
    text: of its text chunks, by their keys.
  """
  chunks = PngImagePlugin.PngInfo()
  for key, value in (text or {}).items():
    chunks.add_text(key, value)
  stream = io.BytesIO()
  Image.fromarray(array).save(stream, 'PNG', pnginfo=chunks)
  return stream.getvalue()


def describe(file: str | bytes, kind: str, scene: str) -> str:
  """A file in a message: its path, or scene and kind."""
  return f'{scene}, {kind}' if isinstance(file, bytes) else str(file)


@contextlib.contextmanager
def _open(
  file: str | bytes, kind: str, scene: str, modes: Collection[str]
) -> Iterator[tuple[Image.Image, IO[bytes]]]:
  """The image, with its header read and its mode checked, and its stream.

  Pillow's errors over a damaged file, here or in the body of the `with`
  statement, become InputError.
  """
  expected = _format_of(file, kind)
  described = describe(file, kind, scene)
  try:
    with contextlib.ExitStack() as stack:
      stream: IO[bytes] = stack.enter_context(
        io.BytesIO(file) if isinstance(file, bytes) else open(file, 'rb')
      )
      image = stack.enter_context(Image.open(stream, formats=(expected,)))
      if image.mode not in (modes or (_MODES[kind],)):
        raise InputError(
          f'{described}: the {kind} is stored as'
          f' {_MODE_NAMES.get(image.mode, image.mode)}, expected'
          f' {_ADVICE[kind]}.'
        )
      if expected == 'JPEG' and image.getexif().get(_EXIF_ORIENTATION, 1) != 1:
        raise InputError(
          f'{described}: the {kind} is to be turned, by its EXIF orientation,'
          ' which maps do not have. Expected it upright; save it so.'
        )
      yield image, stream
  except InputError:
    raise
  except unreadable_image.ERRORS as error:
    reason = _reason(file, error, expected)
    raise InputError(
      f'{described}: cannot be read ({reason}). Expected a complete {expected}'
      ' file; fetch or write it again.'
    ) from error


def _format_of(file: str | bytes, kind: str) -> str:
  """Pillow's name of the format that a file must have."""
  if isinstance(file, bytes):
    is_jpeg = file.startswith(_JPEG_START)
  else:
    is_jpeg = file.lower().endswith(file_kinds.JPEG_ENDINGS)
  return 'JPEG' if is_jpeg and kind == file_kinds.IMAGE else 'PNG'


def _reason(file: str | bytes, error: Exception, expected: str) -> str:
  if not isinstance(error, Image.UnidentifiedImageError):
    return unreadable_image.reason(error)
  with contextlib.suppress(OSError):
    start = file if isinstance(file, bytes) else pathlib.Path(file).read_bytes()
    if expected == 'PNG' and start.startswith(_JPEG_START):
      return 'it is a JPEG, which changes colors and ids'
  return f'it has no {expected} header'
