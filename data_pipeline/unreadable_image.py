"""Why an image file cannot be read, in words."""

from PIL import Image

# What Pillow raises for files that are no images, damaged, or absurdly large.
ERRORS = (OSError, SyntaxError, ValueError, Image.DecompressionBombError)


def reason(error: Exception) -> str:
  """One of `ERRORS` for a message: Pillow's text where that tells anything."""
  if isinstance(error, Image.UnidentifiedImageError):
    return 'it is no image of a known format'
  if isinstance(error, Image.DecompressionBombError):
    assert Image.MAX_IMAGE_PIXELS is not None
    return f'it has more than {2 * Image.MAX_IMAGE_PIXELS} pixels'
  return str(error)
