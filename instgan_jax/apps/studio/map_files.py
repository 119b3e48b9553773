"""Maps as the files that cross the network, with limits on what they hold."""

import base64
import binascii
import contextlib
import io

import numpy as np
from PIL import Image

from data_pipeline import file_kinds, image_file, unreadable_image
from data_pipeline.errors import InputError
from instgan_jax.apps.studio import bodies

# Of an upload; Cityscapes has 2 megapixels. Decoding takes 2 bytes a pixel.
MAX_PIXELS = 2**24
# Of a JPEG, which has about ten. Each costs time at its full size, however few
# bytes it has.
_MAX_SCANS = 64
_JPEG_START, _JPEG_SCAN = b'\xff\xd8\xff', b'\xff\xda'


def decode(
  text: str, kind: str, name: str, *, max_pixels: int = MAX_PIXELS
) -> np.ndarray:
  """A map: uint8 or uint16 [H, W].

  Args:
    text: a PNG in base64.
    kind: `file_kinds.LABEL_MAP` or `file_kinds.INSTANCE_MAP`.
    name: of the scene, for messages.
    max_pixels: that are decoded at most.

  Raises:
    InputError: if it is none, damaged, or larger than that.
  """
  return image_file.read_map(
    checked(text, f'{name}, {kind}', max_pixels), kind, name
  )


def decode_base(
  base: bodies.Base, name: str, *, max_pixels: int
) -> tuple[np.ndarray, np.ndarray]:
  """Label map and instance map of a scene; raises InputError."""
  label_map, instance_map = (
    decode(text, kind, name, max_pixels=max_pixels)
    for text, kind in (
      (base.label_map, file_kinds.LABEL_MAP),
      (base.instance_map, file_kinds.INSTANCE_MAP),
    )
  )
  return label_map, instance_map


def decode_shape(text: str, *, max_pixels: int) -> np.ndarray:
  """A shape: bool [h, w], the pixels that are not black; raises InputError."""
  content = checked(text, 'the shape', max_pixels)
  return image_file.read_map(content, file_kinds.LABEL_MAP, 'the shape') > 0


def decode_photograph(text: str, name: str) -> np.ndarray:
  """A photograph: uint8 [H, W, 3].

  Args:
    text: a PNG or JPEG in base64.
    name: of it, for messages.

  Raises:
    InputError: if it is none, damaged, too large, to be turned by its EXIF
      orientation, or not 8-bit RGB.
  """
  content = checked(text, name)
  num_scans = content.count(_JPEG_SCAN)
  if content.startswith(_JPEG_START) and num_scans > _MAX_SCANS:
    raise InputError(
      f'{name}: the JPEG has {num_scans} scans, expected at most {_MAX_SCANS}. '
      'Save it again.'
    )
  return image_file.decode(content, file_kinds.IMAGE, name)


def encode(array: np.ndarray) -> str:
  """A map, or a bool shape, as a PNG in base64."""
  if array.dtype == bool:
    array = array.astype(np.uint8) * 255
  return base64.b64encode(image_file.encode_png(array)).decode()


def encode_for_page(label_map: np.ndarray, instance_map: np.ndarray) -> str:
  """Both maps as one PNG that a canvas reads without loss, in base64.

  Red and green are the high and the low byte of the instance id, blue is the
  label.
  """
  packed = np.stack(
    [instance_map >> 8, instance_map & 255, label_map], axis=-1
  ).astype(np.uint8)
  return base64.b64encode(image_file.encode_png(packed)).decode()


def encode_picture(image: np.ndarray) -> bytes:
  """uint8 [H, W, 3] as a PNG, fast rather than small."""
  stream = io.BytesIO()
  Image.fromarray(image).save(stream, 'PNG', compress_level=1)
  return stream.getvalue()


def checked(text: str, described: str, max_pixels: int = MAX_PIXELS) -> bytes:
  """The bytes of base64, if the header of an image does not say too much.

  Args:
    text: in base64.
    described: what it is, for messages.
    max_pixels: of a PNG or JPEG.

  Raises:
    InputError: if it is no base64, or larger than that.
  """
  try:
    content = base64.b64decode(text, validate=True)
  except binascii.Error as error:
    raise InputError(
      f'{described}: is no base64 ({error}). Send the file as it is.'
    ) from error
  width, height = _size(content)
  if width * height > max_pixels:
    raise InputError(
      f'{described}: has {height}x{width} pixels (height x width), '
      f'{width * height / 1e6:.1f} megapixels, expected at most '
      f'{max_pixels / 1e6:.1f}. Reduce it, a map with nearest-neighbor '
      'sampling; the generator does so anyway.'
    )
  return content


def _size(content: bytes) -> tuple[int, int]:
  """Width and height, by the header alone; none where nothing can be read."""
  with (
    contextlib.suppress(*unreadable_image.ERRORS),
    Image.open(io.BytesIO(content), formats=('PNG', 'JPEG')) as image,
  ):
    return image.size
  return 0, 0  # Whoever decodes it says why.
