"""What is in the scenes of a data set: sizes, classes and instances."""

from collections import Counter

import numpy as np

from data_pipeline import batch, instances, labels

# Of an aspect ratio, beyond which one sees that an image is stretched.
_SAME_SHAPE = 0.01


class Statistics:
  """Counts that are updated scene by scene.

  Attributes:
    num_scenes: scenes counted so far.
    pixels: int64 [256], pixels by label id.
    images: int64 [256], scenes that have the label id.
    areas: pixels of every instance by label id.
    num_instances: instances of every scene whose objects are known.
    group_pixels: pixels of classes with instances that are in none.
  """

  def __init__(self, label_table: labels.LabelTable):
    """Has counted nothing yet."""
    self._table = label_table
    self.num_scenes = 0
    self.pixels = np.zeros(256, np.int64)
    self.images = np.zeros(256, np.int64)
    self.areas: dict[int, list[int]] = {
      label.id: [] for label in label_table.things
    }
    self.num_instances: list[int] = []
    self.group_pixels = 0

  def update(self, scene: batch.Scene) -> None:
    """Adds a scene."""
    pixels = np.bincount(scene.label_map.ravel(), minlength=256)
    self.pixels += pixels
    self.images += pixels > 0
    self.num_scenes += 1
    if scene.instance_ids is None:
      return
    ids, areas = np.unique(scene.instance_ids, return_counts=True)
    is_object = ids >= instances.FIRST_THING_ID
    self.num_instances.append(int(is_object.sum()))
    for i, area in zip(ids[is_object], areas[is_object], strict=True):
      self.areas[int(i) // instances.FIRST_THING_ID].append(int(area))
    in_things = sum(int(pixels[label.id]) for label in self._table.things)
    self.group_pixels += in_things - int(areas[is_object].sum())

  def class_table(self) -> str:
    """A line for each class, Markdown; the most frequent first."""
    lines = [
      '| id | class | pixels % | scenes % | instances | median pixels |',
      '|---:|---|---:|---:|---:|---:|',
    ]
    total = max(1, int(self.pixels.sum()))
    for label in sorted(
      self._table.labels, key=lambda label: -self.pixels[label.id]
    ):
      name = (
        f'{label.name} (not scored)' if label.ignore_in_eval else label.name
      )
      areas = self.areas.get(label.id)
      cells = (
        str(label.id),
        name,
        f'{100 * self.pixels[label.id] / total:.2f}',
        f'{100 * self.images[label.id] / max(1, self.num_scenes):.1f}',
        '' if areas is None else str(len(areas)),
        f'{np.median(areas):.0f}' if areas else '',
      )
      lines.append(f'| {" | ".join(cells)} |')
    return '\n'.join(lines)

  def instance_line(self) -> str:
    """How many instances scenes have, and what has none."""
    if not self._table.things:
      return 'No class has instances: method L is for such data.'
    if not self.num_instances:
      return (
        'No scene has an instance map: L+I and L+I+P learn one style for each'
        ' class in a scene.'
      )
    counts = np.array(self.num_instances)
    least, median, most = np.percentile(counts, [0, 50, 100])
    in_things = self.group_pixels + sum(map(sum, self.areas.values()))
    share = 100 * self.group_pixels / max(1, in_things)
    over = int((counts > batch.MAX_INSTANCES).sum())
    line = (
      f'Instances in a scene: {least:.0f} to {most:.0f}, median {median:.0f};'
      f' {int((counts == 0).sum())} scenes have none. Of the pixels of these'
      f' classes {share:.1f} % are in no instance (groups).'
    )
    if over:
      line += (
        f' {over} scenes have more than the {batch.MAX_INSTANCES} that can have'
        ' a style: their smallest ones have none.'
      )
    return line


def size_line(sizes: Counter[tuple[int, int]]) -> str:
  """The sizes of files, the most frequent first: '960x720 (367)'."""
  most = sizes.most_common(5)
  listed = ', '.join(f'{w}x{h} ({number})' for (w, h), number in most)
  more = len(sizes) - len(most)
  return listed + (f' and {more} more sizes' if more > 0 else '')


def stretched(sizes: Counter[tuple[int, int]], size: tuple[int, int]) -> str:
  """How many files have another shape than `size`, (width, height); or ''."""
  width, height = size
  number = sum(
    count
    for (w, h), count in sizes.items()
    if abs(w * height / (h * width) - 1.0) > _SAME_SHAPE
  )
  if not number:
    return ''
  return (
    f'{number} of them are stretched to {width}x{height}: with data.geometry='
    'crop or pad they keep their shape.'
  )
