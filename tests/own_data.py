"""Scenes of a source in the layouts of other data sets."""

import json
import pathlib

import numpy as np
from PIL import Image

from data_pipeline import image_file, instance_encodings, labels_file

_THINGS = 1000


def write_photo_folder(root, split, source):
  """Photographs with a labels.json; the first one has no instance map."""
  root.mkdir(parents=True, exist_ok=True)
  labels_file.save(root / 'labels.json', source.label_table)
  for index, name in enumerate(source.image_ids):
    scene = source.read(index)
    arrays = {'images': scene.image, 'labels': scene.label_map}
    if index:
      arrays['instances'] = scene.instance_ids
    for folder, array in arrays.items():
      path = root / folder / split / f'{name}.png'
      path.parent.mkdir(parents=True, exist_ok=True)
      path.write_bytes(image_file.encode_png(array))


def write_kitti360(root, split, source):
  """The layout of KITTI-360: frames of both splits in one sequence."""
  semantics = pathlib.Path('data_2d_semantics/train')
  sequence = '2013_05_28_drive_0000_sync/image_00'
  lines = []
  for index in range(len(source)):
    scene = source.read(index)
    name = f'{index + 100 * (split == "val"):010d}.png'
    image = pathlib.Path('data_2d_raw') / sequence / 'data_rect' / name
    label_map = semantics / sequence / 'semantic' / name
    instance_map = semantics / sequence / 'instance' / name
    encode = instance_encodings.KITTI360.encode
    for path, array in (
      (image, scene.image),
      (label_map, scene.label_map),
      (instance_map, encode(scene.label_map, scene.instance_ids)),
    ):
      (root / path).parent.mkdir(parents=True, exist_ok=True)
      (root / path).write_bytes(image_file.encode_png(array))
    lines.append(f'{image} {label_map}\n')
  frames = semantics / f'2013_05_28_drive_{split}_frames.txt'
  (root / frames).write_text(''.join(lines))


def write_panoptic(root, split, source):
  """The layout of COCO; unscored classes are left out."""
  maps = root / 'annotations' / f'panoptic_{split}2017'
  images = root / f'{split}2017'
  for folder in (maps, images):
    folder.mkdir(parents=True, exist_ok=True)
  known = {label.id for label in source.label_table.evaluated}
  content = {
    'images': [],
    'annotations': [],
    'categories': [
      {'id': label.id, 'name': label.name, 'isthing': int(label.has_instances)}
      for label in source.label_table.evaluated
    ],
  }
  for index, name in enumerate(source.image_ids):
    scene = source.read(index)
    Image.fromarray(scene.image).save(images / f'{name}.jpg')
    ids = np.where(np.isin(scene.label_map, list(known)), scene.instance_ids, 0)
    colors = np.stack([ids % 256, ids // 256, 0 * ids], -1).astype(np.uint8)
    Image.fromarray(colors).save(maps / f'{name}.png')
    segments = [
      {
        'id': int(i),
        'category_id': int(i // _THINGS or i),
        'iscrowd': int(
          i < _THINGS and source.label_table.labels[i].has_instances
        ),
      }
      for i in np.unique(ids)
      if i
    ]
    content['images'].append({'id': name, 'file_name': f'{name}.jpg'})
    content['annotations'].append(
      {
        'image_id': name,
        'file_name': f'{name}.png',
        'segments_info': segments,
      }
    )
  path = root / 'annotations' / f'panoptic_{split}2017.json'
  path.write_text(json.dumps(content))
