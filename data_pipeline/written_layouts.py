"""How scenes are written that are made of those of a source."""

from data_pipeline import batch, folder_layouts, scene_layout
from data_pipeline.kitti360 import written as kitti360


def of_files(files: folder_layouts.Layout) -> scene_layout.SceneLayout:
  """That of scenes in one of the layouts of `folder_layouts`."""
  if files is folder_layouts.KITTI360:
    return kitti360.LAYOUT
  return scene_layout.SceneLayout(
    files.name,
    'folder',
    f'{files.images}/{{name}}',
    (f'{files.label_maps}/{{name}}.png', f'{files.instance_maps}/{{name}}.png'),
    scene_layout.label_and_instance_map(files.encoding.encode),
    thing_ids=files.encoding.thing_ids,
  )


OWN = of_files(folder_layouts.OWN)


def of_source(source: batch.Source) -> scene_layout.SceneLayout:
  """As its files lie; as one's own photographs where it has none."""
  return getattr(source, 'layout', OWN)
