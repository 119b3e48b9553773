"""The JSON of COCO's panoptic format: classes, images and their segments."""

import functools
import json
import os
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data_pipeline import labels, labels_file
from data_pipeline.errors import InputError

VOID = 'void'


class Segments(NamedTuple):
  """The segments of one image, in the order of their ids.

  Attributes:
    ids: int32 [N], as the PNG has them.
    label_ids: uint8 [N], the class of each.
    instance_ids: int32 [N], label * 1000 + k of objects; the label of stuff,
      of crowds and of objects beyond 1000 of one class.
  """

  ids: np.ndarray
  label_ids: np.ndarray
  instance_ids: np.ndarray


class Annotation(NamedTuple):
  """One image.

  Attributes:
    image_file: its name, as the JSON has it.
    map_file: that of its PNG.
    segments: in the PNG.
  """

  image_file: str
  map_file: str
  segments: Segments


class Annotations(NamedTuple):
  """What a JSON says.

  Attributes:
    label_table: its categories by their ids, and the void.
    void_id: the label of pixels in no segment: 0, or 255 where a category has
      the id 0.
    images: in its order.
  """

  label_table: labels.LabelTable
  void_id: int
  images: tuple[Annotation, ...]


def load(path: str | os.PathLike[str]) -> Annotations:
  """Reads a JSON, once as long as it does not change.

  Raises:
    InputError: naming the file, if it is not of this format.
  """
  return _load(str(path), pathlib.Path(path).stat().st_mtime_ns)


@functools.lru_cache(maxsize=2)  # Those of train and val.
def _load(path: str, modified: int) -> Annotations:
  try:
    content = json.loads(pathlib.Path(path).read_bytes())
    categories = content['categories']
    names = {image['id']: image['file_name'] for image in content['images']}
    label_table, void_id = _label_table(categories, path)
    images = tuple(
      Annotation(
        names[annotation['image_id']],
        annotation['file_name'],
        segments(
          annotation['segments_info'],
          label_table,
          f'{path}: {annotation["file_name"]}',
        ),
      )
      for annotation in content['annotations']
    )
  except InputError:
    raise
  except (OSError, ValueError, TypeError, KeyError) as error:
    raise InputError(
      f"{path}: is not of COCO's panoptic format ({type(error).__name__}:"
      f' {error}). Expected images, categories (id, name, isthing) and'
      ' annotations (image_id, file_name, segments_info); fetch it again.'
    ) from error
  if not images:
    raise InputError(f'{path}: has no annotations. Fetch it again.')
  return Annotations(label_table, void_id, images)


def _label_table(
  categories: Sequence[Mapping[str, Any]], path: str
) -> tuple[labels.LabelTable, int]:
  """The classes, and the id of the void."""
  void_id = 0
  if any(category['id'] == 0 for category in categories):
    void_id = labels.NO_CHANNEL
  rows: list[dict[str, Any]] = [
    {'id': void_id, 'name': VOID, 'ignore_in_eval': True, 'color': [0, 0, 0]}
  ]
  for category in categories:
    row = {
      'id': category['id'],
      'name': category['name'],
      'has_instances': bool(category['isthing']),
    }
    if 'color' in category:
      row['color'] = list(category['color'])
    rows.append(row)
  return labels_file.from_json({'labels': rows}, path), void_id


def segments(
  infos: Sequence[Mapping[str, Any]], label_table: labels.LabelTable, name: str
) -> Segments:
  """The segments of an image.

  Args:
    infos: its `segments_info`, each with id, category_id and iscrowd.
    label_table: of the categories.
    name: of the map, for messages.

  Raises:
    InputError: for a category that the table does not have.
  """
  infos = sorted(infos, key=lambda info: info['id'])
  ids = np.array([info['id'] for info in infos], np.int32)
  label_ids = np.array([info['category_id'] for info in infos], np.int32)
  known = {label.id for label in label_table.labels}
  if unknown := sorted(set(label_ids.tolist()) - known):
    raise InputError(
      f'{name} has a segment of the category {unknown[0]}, which is not in the'
      ' list of categories. Fetch the file again.'
    )
  is_crowd = np.array([bool(info.get('iscrowd', 0)) for info in infos], bool)
  instance_ids = label_ids.copy()
  for label in np.unique(label_ids):
    objects = np.flatnonzero(
      (label_ids == label) & label_table.is_thing[label] & ~is_crowd
    )[:1000]
    instance_ids[objects] = label * 1000 + np.arange(len(objects))
  return Segments(ids, label_ids.astype(np.uint8), instance_ids)
