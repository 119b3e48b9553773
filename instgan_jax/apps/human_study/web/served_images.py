"""Images as they are sent to participants: pixels without any hint of the set.

Every image is sent as an RGB PNG without metadata and without compression, so
that its length depends on its width and height alone: neither traces of an
encoder nor the size of a file tells a photograph from a generated image.
"""

import functools
import io

from PIL import Image, ImageOps

from instgan_jax.apps.human_study.design import chance, image_sets, plan

_CACHE_BYTES = 128 * 2**20
_BROKEN_TILES = 8  # In each direction.


class ServedImages:
  """Reads, checks and encodes images of a plan; caches the latest ones."""

  def __init__(self, study: plan.Plan):
    """Reads no image yet."""
    self._study = study
    self._sets = {entry.name: entry for entry in study.sets}
    sizes = [image.size for image in study.sets[0].images.values()]
    largest = max(3 * width * height for width, height in sizes)
    self.png = functools.lru_cache(max(4, _CACHE_BYTES // largest))(self._png)

  def size(self, scene: str) -> tuple[int, int]:
    """(width, height) of a scene's images."""
    return self._study.sets[0].images[scene].size

  def _png(self, scene: str, set_name: str, whole_set: str = '') -> bytes:
    """An image's PNG file.

    Args:
      scene: its scene.
      set_name: its set, or `plan.BROKEN`.
      whole_set: the set to break, where `set_name` is `plan.BROKEN`.

    Raises:
      InputError: if the image is missing or has changed.
    """
    is_broken = set_name == plan.BROKEN
    source = self._sets[whole_set if is_broken else set_name]
    image = image_sets.load(source.folder, source.images[scene])
    if is_broken:
      image = broken(image, self._study.seed, scene)
    clean = Image.frombytes('RGB', image.size, image.tobytes())
    file = io.BytesIO()
    clean.save(file, 'PNG', compress_level=0)
    return file.getvalue()


def broken(image: Image.Image, *key: object) -> Image.Image:
  """The tiles of an image shuffled, with every second one inverted.

  Args:
    image: RGB.
    *key: of the order, as in `chance.shuffled`.
  """
  width, height = image.size
  columns = _edges(width)
  rows = _edges(height)
  boxes = [
    (x0, y0, x1, y1)
    for y0, y1 in zip(rows, rows[1:], strict=False)
    for x0, x1 in zip(columns, columns[1:], strict=False)
  ]
  result = image.copy()
  sources = chance.shuffled(boxes, *key)
  for i, (box, source) in enumerate(zip(boxes, sources, strict=True)):
    tile = image.crop(source).resize((box[2] - box[0], box[3] - box[1]))
    result.paste(ImageOps.invert(tile) if i % 2 else tile, box)
  return result


def _edges(length: int) -> list[int]:
  count = min(_BROKEN_TILES, length)
  return [i * length // count for i in range(count + 1)]
