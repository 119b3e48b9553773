"""Decodes, checks and resizes the three PNG files of a Cityscapes scene.

The image is 8-bit RGB, the label map 8-bit grayscale, the instance map 16-bit
grayscale. An image whose name says so is a JPEG instead. Needs only Pillow and
numpy.
"""

import contextlib
import io
import os
import pathlib
from collections.abc import Collection, Iterator, Sequence
from typing import IO

import numpy as np
from PIL import Image

from data_pipeline import batch, instances, unreadable_image
from data_pipeline import labels as labels_lib
from data_pipeline.cityscapes import file_names, labels
from data_pipeline.errors import InputError

# Pillow's mode of each kind of file, and what to do about another mode.
_MODES = {
  file_names.IMAGE: 'RGB',
  file_names.LABEL_MAP: 'L',
  file_names.INSTANCE_MAP: 'I;16',
}
_ADVICE = {
  file_names.IMAGE: '8-bit RGB. Convert it, without palette or alpha',
  file_names.LABEL_MAP: (
    '8-bit grayscale of label ids. Use *_gtFine_labelIds.png, not'
    ' *_gtFine_color.png'
  ),
  file_names.INSTANCE_MAP: (
    '16-bit grayscale, since ids such as 26003 do not fit 8 bits. Use'
    ' *_gtFine_instanceIds.png, or write the map again from a uint16 array'
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


def read_scene(
  files: file_names.SceneFiles[file_names.File],
  name: str,
  size: tuple[int, int] | None = None,
  *,
  label_table: labels_lib.LabelTable = labels.TABLE,
) -> batch.Scene:
  """Decodes a scene, resizes it as GauGAN does, and checks its values.

  Args:
    files: paths or contents of its three files, which have one size.
    name: the scene, for messages.
    size: (height, width) of the result, see `resize_scene`. None keeps the
      full size, so that the maps are compared on every pixel and not only on
      those that remain.
    label_table: the classes that the label map may have.

  Returns:
    The scene, as `data_pipeline.batch.Scene` describes it.

  Raises:
    InputError: naming the file, if one is missing, damaged or of another
      kind, if sizes differ, if a label id is not in the table, or if label
      map and instance map disagree.
  """
  scene = batch.Scene(
    *(
      _decode(file, kind, name)
      for kind, file in zip(file_names.KINDS, files, strict=True)
    )
  )
  _check_sizes(name, [(a.shape[1], a.shape[0]) for a in scene])
  if size is not None:
    scene = resize_scene(scene, size)
  label_table.check_ids(
    scene.label_map,
    _describe(files.label_map, file_names.LABEL_MAP, name),
    'use *_gtFine_labelIds.png, not *_labelTrainIds.png or maps of another'
    ' data set.',
  )
  instances.check_labels_agree(
    scene.label_map,
    scene.instance_ids,
    _describe(files.instance_ids, file_names.INSTANCE_MAP, name),
  )
  return scene


def read_map(file: str | os.PathLike[str], kind: str) -> np.ndarray:
  """Decodes a single label or instance map, at its own size, unchecked.

  An instance map may have 8 bits, which is enough for dense ids.

  Args:
    file: PNG.
    kind: `file_names.LABEL_MAP` or `file_names.INSTANCE_MAP`.

  Returns:
    uint8 or uint16 [H, W].

  Raises:
    InputError: naming the file, if it is missing, damaged or of another kind.
  """
  modes = {_MODES[kind], 'L'}
  with _open(os.fspath(file), kind, '', modes) as (image, _):
    return np.array(image)


def resize_map(array: np.ndarray, size: tuple[int, int]) -> np.ndarray:
  """Resizes ids [H, W] to (height, width) by nearest-neighbor sampling."""
  return _resize(array, size, Image.Resampling.NEAREST)


def resize_scene(scene: batch.Scene, size: tuple[int, int]) -> batch.Scene:
  """Resizes to (height, width) without cropping, whatever the aspect.

  The image by Pillow's bicubic filter, which is antialiased; the maps by the
  pixel nearest to the center, so that ids stay ids.
  """
  return batch.Scene(
    _resize(scene.image, size, Image.Resampling.BICUBIC),
    resize_map(scene.label_map, size),
    resize_map(scene.instance_ids, size),
  )


def check_headers(
  files: file_names.SceneFiles[file_names.File], name: str
) -> None:
  """Checks kind, size and end of a scene's files without decoding them.

  Raises:
    InputError: naming the file that is unreadable, cut off or of another
      kind, or the scene whose sizes differ.
  """
  sizes = []
  for kind, file in zip(file_names.KINDS, files, strict=True):
    with _open(file, kind, name) as (image, stream):
      sizes.append(image.size)
      length = stream.seek(0, os.SEEK_END)
      stream.seek(max(0, length - _TAIL_BYTES))
      if _ENDS[_format_of(file, kind)] not in stream.read():
        raise OSError('the file is cut off')
  _check_sizes(name, sizes)


def encode_png(array: np.ndarray) -> bytes:
  """Encodes uint8 [H, W, 3] or [H, W], or uint16 [H, W], as a PNG."""
  stream = io.BytesIO()
  Image.fromarray(array).save(stream, 'PNG')
  return stream.getvalue()


@contextlib.contextmanager
def _open(
  file: str | bytes, kind: str, name: str, modes: Collection[str] = ()
) -> Iterator[tuple[Image.Image, IO[bytes]]]:
  """The image, with its header read and its mode checked, and its stream.

  `modes` are the Pillow modes that are accepted; by default the one of
  Cityscapes' files. Pillow's errors over a damaged file, here or in the body of
  the `with` statement, become InputError.
  """
  described = _describe(file, kind, name)
  expected = _format_of(file, kind)
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
  is_jpeg = (
    kind == file_names.IMAGE
    and isinstance(file, str)
    and file.endswith(file_names.JPEG)
  )
  return 'JPEG' if is_jpeg else 'PNG'


def _reason(file: str | bytes, error: Exception, expected: str) -> str:
  if not isinstance(error, Image.UnidentifiedImageError):
    return unreadable_image.reason(error)
  with contextlib.suppress(OSError):
    start = file if isinstance(file, bytes) else pathlib.Path(file).read_bytes()
    if expected == 'PNG' and start.startswith(_JPEG_START):
      return 'it is a JPEG, which changes colors and ids'
  return f'it has no {expected} header'


def _describe(file: str | bytes, kind: str, name: str) -> str:
  return f'{name}, {kind}' if isinstance(file, bytes) else str(file)


def _decode(file: str | bytes, kind: str, name: str) -> np.ndarray:
  with _open(file, kind, name) as (image, _):
    return np.array(image)


def _resize(
  array: np.ndarray, size: tuple[int, int], resampling: Image.Resampling
) -> np.ndarray:
  if array.shape[:2] == tuple(size):
    return array
  height, width = size
  return np.array(Image.fromarray(array).resize((width, height), resampling))


def _check_sizes(name: str, sizes: Sequence[tuple[int, int]]) -> None:
  """Refuses a scene whose files differ in (width, height)."""
  if len(set(sizes)) > 1:
    listed = ', '.join(
      f'{kind} {width}x{height}'
      for kind, (width, height) in zip(file_names.KINDS, sizes, strict=True)
    )
    raise InputError(
      f'Scene {name}: sizes (width x height) differ: {listed}. Expected one'
      ' size; take all files of the scene from one data set.'
    )
