"""From the maps that a scene began with, over its edits, to its layout.

A layout is a function of them alone. The latest ones are kept, so that one more
edit costs one edit and not all of them; that changes nothing but the time.
"""

import collections
import hashlib
import threading
from collections.abc import Sequence

import numpy as np

from data_pipeline import labels
from data_pipeline.cityscapes import labels as cityscapes_labels
from data_pipeline.errors import InputError, summarize
from instgan_jax.apps.studio import bodies, layout_edits, map_files
from instgan_jax.apps.studio import layout as layout_lib
from instgan_jax.inference import scene_maps

_BYTES_KEPT = 2**28
_NUM_AT_ONCE = 2  # Layouts that are made, each of limited memory.


class EditLog:
  """Makes the layouts of scenes."""

  def __init__(self, *, label_table: labels.LabelTable, max_pixels: int):
    """Takes the classes, and the number of pixels that a scene has at most."""
    self._label_table = label_table
    self._max_pixels = max_pixels
    self._kept: collections.OrderedDict[str, layout_lib.Layout] = (
      collections.OrderedDict()
    )
    self._num_bytes = 0  # Of those.
    self._lock = threading.Lock()
    self._making = threading.Semaphore(_NUM_AT_ONCE)

  def layout(self, scene: bodies.Scene) -> layout_lib.Layout:
    """The layout of a scene after its edits.

    Raises:
      InputError: for maps that do not fit, as in `generate`, and for edits of
        what is not there.
    """
    keys = _keys(scene.base, scene.edits)
    number, layout = self._latest(keys)
    if layout is None or number < len(scene.edits):
      with self._making:
        layout = layout or self._begin(scene)
        for edit in scene.edits[number:]:
          layout = self._apply(layout, edit)
    self._keep(keys[-1], layout)
    return layout

  def _keep(self, key: str, layout: layout_lib.Layout) -> None:
    with self._lock:
      if key not in self._kept:
        self._kept[key] = layout
        self._num_bytes += layout.num_bytes
      self._kept.move_to_end(key)
      while self._num_bytes > _BYTES_KEPT:
        _, oldest = self._kept.popitem(last=False)
        self._num_bytes -= oldest.num_bytes

  def _latest(
    self, keys: Sequence[str]
  ) -> tuple[int, layout_lib.Layout | None]:
    """The layout after the most edits that is kept, and how many they are."""
    with self._lock:
      for number in reversed(range(len(keys))):
        if keys[number] in self._kept:
          return number, self._kept[keys[number]]
    return 0, None

  def _begin(self, scene: bodies.Scene) -> layout_lib.Layout:
    label_map, instance_map = map_files.decode_base(
      scene.base, scene.name, max_pixels=self._max_pixels
    )
    return open_maps(
      label_map,
      instance_map,
      image_size=label_map.shape,
      label_table=self._label_table,
    )

  def _apply(
    self, layout: layout_lib.Layout, edit: bodies.Edit
  ) -> layout_lib.Layout:
    match edit:
      case bodies.Place():
        return layout_edits.place(layout, edit.id, bodies.box(edit.box))
      case bodies.Flip():
        return layout_edits.flip(layout, edit.id)
      case bodies.Remove():
        return layout_edits.remove(layout, edit.id)
      case bodies.Order():
        return layout_edits.order(layout, edit.id, edit.position)
      case bodies.Copy():
        return layout_edits.copy(layout, edit.id, bodies.box(edit.box))
      case bodies.Add():
        shape = map_files.decode_shape(edit.shape, max_pixels=self._max_pixels)
        box = bodies.box(edit.box)
        return layout_edits.add(layout, self._label(edit), shape, box)
      case bodies.Paint():
        points = np.array(edit.points)
        return layout_edits.paint(
          layout, self._label(edit), points, edit.radius
        )
      case bodies.Fill():
        return layout_edits.fill(layout, self._label(edit), edit.point)

  def _label(self, edit: bodies.Add | bodies.Paint | bodies.Fill) -> int:
    if not self._label_table.is_known[edit.label]:
      known = [str(label.id) for label in self._label_table.labels]
      raise InputError(
        f'The label is {edit.label}, the generator knows '
        f'{summarize(known)}: choose one of these.'
      )
    return edit.label


def open_maps(
  label_map: scene_maps.Map,
  instance_map: scene_maps.Map | None,
  *,
  image_size: tuple[int, int],
  label_table: labels.LabelTable,
) -> layout_lib.Layout:
  """Checks maps as `generate` does, and takes them apart at a size.

  Args:
    label_map: as in `scene_maps.read`.
    instance_map: likewise; None where there is none.
    image_size: height and width of the layout.
    label_table: of the generator.

  Raises:
    InputError: if something does not fit.
  """
  scene = scene_maps.read(
    label_map,
    instance_map,
    image_size=image_size,
    label_table=label_table,
    max_instances=layout_edits.MAX_INSTANCES,
  )
  ids = scene.instance_ids
  # A scene without instances has no encoding yet.
  is_cityscapes = (
    max(ids) >= 1000 if ids else label_table == cityscapes_labels.TABLE
  )
  return layout_lib.from_maps(
    scene.label_map, scene.instance_map, ids, is_cityscapes=is_cityscapes
  )


def _keys(base: bodies.Base, edits: Sequence[bodies.Edit]) -> list[str]:
  """What tells a scene after 0, 1, ... all of its edits from all others."""
  digest = hashlib.sha256(f'{base.label_map} {base.instance_map}'.encode())
  keys = [digest.hexdigest()]
  for edit in edits:
    digest.update(edit.model_dump_json().encode())
    keys.append(digest.hexdigest())
  return keys
