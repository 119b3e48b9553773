"""Scenes written in COCO's panoptic format, by programs side by side.

Each PNG has its `segments_info` in a text chunk. The JSON is made of those that
are there, so that it can be made again at any time.
"""

import functools
import json
import pathlib
from collections.abc import Collection
from typing import Any

import numpy as np
from PIL import Image

from data_pipeline import (
  atomic_file,
  file_kinds,
  instances,
  labels,
  scene_layout,
  unreadable_image,
)
from data_pipeline.errors import InputError
from data_pipeline.panoptic import layouts, segment_maps

_SEGMENTS = 'segments_info'
_ENDINGS = ('.png', *file_kinds.JPEG_ENDINGS)


def scene_layout_of(files: layouts.Layout) -> scene_layout.SceneLayout:
  """How scenes are written in one of the layouts of `panoptic.layouts`."""
  return scene_layout.SceneLayout(
    f"{files.name}, COCO's panoptic format",
    'panoptic',
    f'{files.images}/{{name}}',
    (f'{files.maps}/{{name}}.png',),
    _encode,
    write_index=functools.partial(_write_json, files),
    index_has_classes=True,
  )


def _encode(
  label_map: np.ndarray,
  instance_ids: np.ndarray | None,
  label_table: labels.LabelTable,
) -> tuple[scene_layout.MapFile, ...]:
  """Segments 1 to N in the order of their ids; the void is 0.

  Things without an object are crowds, all of them where objects are unknown.
  """
  ids = label_map if instance_ids is None else instance_ids
  is_void = label_table.train_ids[label_map] == labels.IGNORED
  present = np.unique(ids[~is_void])
  segments = np.where(is_void, 0, np.searchsorted(present, ids) + 1)
  areas = np.bincount(segments.ravel())[1:].tolist()
  infos: list[dict[str, Any]] = []
  for instance, area, box in zip(
    present.tolist(), areas, _boxes(segments), strict=True
  ):
    label = instance // instances.FIRST_THING_ID or instance
    is_object = instance >= instances.FIRST_THING_ID
    infos.append(
      {
        'id': len(infos) + 1,
        'category_id': label,
        'iscrowd': int(bool(label_table.is_thing[label]) and not is_object),
        'area': area,
        'bbox': box,
      }
    )
  colors = segment_maps.colors(segments)
  return (scene_layout.MapFile(colors, {_SEGMENTS: json.dumps(infos)}),)


def _boxes(segments: np.ndarray) -> list[list[int]]:
  """[left, top, width, height] of each segment, from 1 on."""
  number = int(segments.max()) + 1
  low, high = np.full((2, number), segments.size), np.zeros((2, number), int)
  for axis, places in enumerate(np.indices(segments.shape)):
    np.minimum.at(low[axis], segments, places)
    np.maximum.at(high[axis], segments, places + 1)
  return np.concatenate([low[::-1], (high - low)[::-1]]).T[1:].tolist()


def _write_json(
  files: layouts.Layout,
  root: pathlib.Path,
  split: str,
  label_table: labels.LabelTable,
  names: Collection[str],
) -> None:
  """Writes the JSON of the scenes that are there.

  It is written again where another program has made one meanwhile: then that
  which ends last lists all.
  """
  del names  # The maps tell them, also those of other programs.
  files = files.at(root, split)
  categories = [
    {
      'id': label.id,
      'name': label.name,
      'isthing': int(label.has_instances),
      'color': list(label.color),
    }
    for label in label_table.evaluated
  ]
  written = None
  while written != (photographs := _photographs(files)):
    scenes = [_scene(files, *each) for each in photographs.items()]
    content = {
      'images': [image for image, _ in scenes],
      'annotations': [annotation for _, annotation in scenes],
      'categories': categories,
    }
    text = json.dumps(content) + '\n'
    atomic_file.write_text(files.annotations, text, is_shared=True)
    written = photographs


def _photographs(files: layouts.Layout) -> dict[str, str]:
  """name -> file name of scenes that have a map, in the order of the names."""
  images = pathlib.Path(files.images)
  names = [
    path.name
    for path in (images.iterdir() if images.is_dir() else ())
    if path.suffix.lower() in _ENDINGS
  ]
  by_name = {pathlib.PurePath(name).stem: name for name in sorted(names)}
  return {
    name: file
    for name, file in by_name.items()
    if _map_path(files, name).exists()
  }


def _scene(
  files: layouts.Layout, name: str, file: str
) -> tuple[dict[str, Any], dict[str, Any]]:
  """The image and the annotation of a scene, as the JSON has them."""
  path = _map_path(files, name)
  try:
    with Image.open(path) as image:
      width, height = image.size
      segments = json.loads(image.info[_SEGMENTS])
  except (*unreadable_image.ERRORS, KeyError) as error:
    raise InputError(
      f'{path}: cannot be read ({error}). Expected a map with {_SEGMENTS},'
      ' written here; remove it, and run the command of its scene again.'
    ) from error
  size = {'width': width, 'height': height}
  return (
    {'id': name, 'file_name': file, **size},
    {'image_id': name, 'file_name': path.name, _SEGMENTS: segments},
  )


def _map_path(files: layouts.Layout, name: str) -> pathlib.Path:
  return pathlib.Path(files.maps) / f'{name}.png'
