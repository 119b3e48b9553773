"""How a segmenter processes images: a part of every mIoU's definition.

The published numbers of one network differ by several points with the size,
the crops, the mirrored and the scaled copies of the image.
"""

from typing import Any, NamedTuple

from data_pipeline.errors import InputError

# What the two public families were tested on, (height, width).
CITYSCAPES_SIZE = (1024, 2048)
SEMSEG_CROP = (713, 713)
SCALES = (0.5, 0.75, 1.0, 1.25, 1.5, 1.75)
# Method of jax.image.resize, whether it is antialiased.
RESIZES = {
  'opencv-bilinear': ('linear', False),
  'pillow-bilinear': ('linear', True),
  'pillow-bicubic': ('cubic', True),
}
NAMES = ('whole', 'sliding', 'sliding_multiscale')


class Protocol(NamedTuple):
  """Plain values, for JSON.

  Attributes:
    size: (height, width) that images are resized to; None: as they are.
    resize: a key of `RESIZES`. Values are rounded to 0..255 as those
      libraries round them.
    crop: (height, width) of overlapping crops; None: the whole image.
    flip: whether the mirrored image is processed too.
    scales: of copies of the image, relative to `size`.
  """

  size: tuple[int, int] | None = None
  resize: str = 'pillow-bilinear'
  crop: tuple[int, int] | None = None
  flip: bool = False
  scales: tuple[float, ...] = (1.0,)


def whole(size: tuple[int, int] | None = CITYSCAPES_SIZE) -> Protocol:
  """The image in one piece, once, as mmsegmentation tests."""
  return Protocol(size=size, resize='opencv-bilinear')


def sliding(
  size: tuple[int, int] | None = CITYSCAPES_SIZE,
  crop: tuple[int, int] = SEMSEG_CROP,
) -> Protocol:
  """Crops that overlap by a third, and mirrored, as the semseg release."""
  return Protocol(size=size, resize='opencv-bilinear', crop=crop, flip=True)


def sliding_multiscale(
  size: tuple[int, int] | None = CITYSCAPES_SIZE,
  crop: tuple[int, int] = SEMSEG_CROP,
) -> Protocol:
  """As `sliding`, averaged over six scales."""
  return sliding(size, crop)._replace(scales=SCALES)


def of_weights(metadata: dict, name: str = '') -> Protocol:
  """The protocol of that name for a network.

  Args:
    metadata: of its `weights.json`. Networks that were trained here have a
      'protocol' there: its size and crop are kept.
    name: one of `NAMES`; '' for the protocol that the network was trained
      for or published with.

  Raises:
    InputError: for another name, crops of a network that was trained for
      whole images, or a damaged description.
  """
  if name and name not in NAMES:
    raise InputError(
      f'the segmenter protocol is {name!r}, expected one of {", ".join(NAMES)}.'
    )
  if 'protocol' in metadata:
    return _renamed(from_json(metadata['protocol']), name)
  is_semseg = metadata.get('options', {}).get('align_corners', True)
  makers = {
    '': sliding if is_semseg else whole,
    'whole': whole,
    'sliding': sliding,
    'sliding_multiscale': sliding_multiscale,
  }
  return makers[name]()


def from_json(values: dict) -> Protocol:
  """The inverse of `Protocol._asdict` and JSON.

  Raises:
    InputError: if it is no protocol.
  """
  try:
    fields: dict[str, Any] = {
      key: tuple(value) if isinstance(value, list) else value
      for key, value in values.items()
    }
    protocol = Protocol(**fields)
  except (AttributeError, TypeError) as error:
    raise InputError(
      f'{values!r} is no segmenter protocol ({error}), expected the fields '
      f'{", ".join(Protocol._fields)}.'
    ) from error
  check(protocol)
  return protocol


def check(protocol: Protocol) -> None:
  """Raises InputError for values that no protocol has."""
  if protocol.resize not in RESIZES:
    raise InputError(
      f'the resize of a segmenter is {protocol.resize!r}, expected one of '
      f'{", ".join(RESIZES)}.'
    )
  for key, sides in (('size', protocol.size), ('crop', protocol.crop)):
    is_size = isinstance(sides, tuple) and len(sides) == 2 and min(sides) > 0
    if sides is not None and not is_size:
      raise InputError(
        f'the {key} of a segmenter protocol is {sides}, expected a height and '
        'a width above 0.'
      )
  if not protocol.scales or min(protocol.scales) <= 0:
    raise InputError(
      f'the scales of a segmenter protocol are {protocol.scales}, expected at '
      'least one, all above 0.'
    )


def _renamed(trained: Protocol, name: str) -> Protocol:
  """The trained size, resize and crop under the named protocol."""
  if not name:
    return trained
  once = trained._replace(flip=False, scales=(1.0,))
  if name == 'whole':
    return once._replace(crop=None)
  if trained.crop is None:
    raise InputError(
      f'the segmenter protocol {name!r} needs crops, but this segmenter was '
      "trained for whole images: choose 'whole'."
    )
  is_multiscale = name == 'sliding_multiscale'
  return once._replace(flip=True, scales=SCALES if is_multiscale else (1.0,))
